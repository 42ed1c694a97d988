"""Put the chosen overlays in place, then make the Git and DVC repositories and the first commit."""

import os
import shutil
import subprocess
from pathlib import Path

AUTHOR = {{ cookiecutter.author_name|quoted }}
EMAIL = {{ cookiecutter.author_email|quoted }}
REMOTE = {{ cookiecutter.dvc_remote|quoted }}
DVC_FILES = {".dvc/.gitignore": "/config.local\n/tmp\n/cache\n", ".dvc/config": ""}
# What people set for their other projects must neither change nor prevent the first commit of this one.
OTHERS = ("commit.gpgSign=0", f"core.hooksPath={os.devnull}", "core.excludesFile=", "core.attributesFile=")
BY_HAND = ("git init --initial-branch main", "git add --all", 'git commit --message "Start the project"')
NEXT = """
  cd {{ cookiecutter.project_slug }}
  make setup    # .venv, from the lock
  make all      # run the pipeline, print the metrics
  make help     # everything else"""


def call(*command: str) -> str:
    """Run a command, and give what it prints."""
    return subprocess.run(command, check=True, capture_output=True, encoding="utf-8", errors="replace").stdout


def git(*arguments: str) -> str:
    return call("git", *(word for setting in OTHERS for word in ("-c", setting)), *arguments)


def place_overlays() -> None:
    for choice in ("framework/{{ cookiecutter.framework }}", "license/{{ cookiecutter.license }}"):
        shutil.copytree(f"overlays/{choice}", ".", dirs_exist_ok=True)
    shutil.rmtree("overlays")


def init_git() -> None:
    # Inside a Git hook or alias, these variables point to the repository that it belongs to.
    for name in git("rev-parse", "--local-env-vars").split():
        os.environ.pop(name, None)
    git("init", "--quiet", "--initial-branch", "main", "--template", "")


def init_dvc() -> None:
    """With `dvc` where it is installed (it needs Git); otherwise, the files that it would write."""
    try:
        call("dvc", "init", "--quiet")
    except (OSError, subprocess.CalledProcessError):
        Path(".dvc").mkdir(exist_ok=True)
        for name, text in DVC_FILES.items():
            Path(name).write_text(text, encoding="utf-8", newline="\n")
    if REMOTE:
        # DVC reads a relative path from the folder of its configuration.
        whole = "://" in REMOTE or REMOTE.startswith("~") or Path(REMOTE).is_absolute()
        url = REMOTE if whole else f"../{REMOTE}"
        text = f"[core]\n    remote = storage\n['remote \"storage\"']\n    url = {url}\n"
        Path(".dvc/config").write_text(text, encoding="utf-8", newline="\n")


def commit() -> None:
    """Commit everything, as whoever Git knows or else as the author."""
    git("add", "--all")
    commit = ("commit", "--quiet", "--message", "Start the project")
    try:
        git(*commit)
    except subprocess.CalledProcessError:
        git("-c", f"user.name={AUTHOR}", "-c", f"user.email={EMAIL}", *commit)


place_overlays()
try:
    init_git()
    init_dvc()
    commit()
    done = "a Git repository with its first commit, and a DVC repository."
except (OSError, subprocess.CalledProcessError) as error:
    init_dvc()
    reason = (getattr(error, "stderr", "") or str(error)).strip()
    done = f"a DVC repository, but no commit ({reason}). To make it later:\n  " + "\n  ".join(BY_HAND)
print(f"Created {Path.cwd().name}: {done}\n{NEXT}")
