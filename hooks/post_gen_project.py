"""Put the chosen overlays in place, then make the Git and DVC repositories and the first commit."""

import os
import shutil
import subprocess
from pathlib import Path

DVC_FILES = {".dvc/.gitignore": "/config.local\n/tmp\n/cache\n", ".dvc/config": ""}
REMOTE = {{ cookiecutter.dvc_remote|quoted }}
AUTHOR = {"NAME": {{ cookiecutter.author_name|quoted }}, "EMAIL": {{ cookiecutter.author_email|quoted }}}
BY_HAND = "git init --initial-branch main && git add --all && git commit --message 'Start the project'"


def call(*command: str) -> str:
    """Run a command, and give what it prints."""
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def place_overlays() -> None:
    for choice in ("framework/{{ cookiecutter.framework }}", "license/{{ cookiecutter.license }}"):
        shutil.copytree(f"overlays/{choice}", ".", dirs_exist_ok=True)
    shutil.rmtree("overlays")


def init_dvc() -> None:
    """With `dvc` where it is installed (it needs Git); otherwise, the files that it would write."""
    try:
        call("dvc", "init", "--quiet")
    except (OSError, subprocess.CalledProcessError):
        for name, text in DVC_FILES.items():
            Path(name).parent.mkdir(exist_ok=True)
            Path(name).write_text(text, encoding="utf-8", newline="\n")
    if REMOTE:
        # DVC reads a relative path from the folder of its configuration.
        url = REMOTE if "://" in REMOTE or os.path.isabs(REMOTE) else f"../{REMOTE}"
        text = f"[core]\n    remote = storage\n['remote \"storage\"']\n    url = {url}\n"
        Path(".dvc/config").write_text(text, encoding="utf-8", newline="\n")


def commit() -> None:
    """Commit all, as whoever Git knows, or else as the author; no hooks or keys of other projects."""
    call("git", "add", "--all")
    try:
        call("git", "var", "GIT_COMMITTER_IDENT")
        identity = []
    except subprocess.CalledProcessError:
        identity = ["-c", f"user.name={AUTHOR['NAME']}", "-c", f"user.email={AUTHOR['EMAIL']}"]
    call("git", *identity, "commit", "--quiet", "--no-verify", "--no-gpg-sign", "--message", "Start the project")


def main() -> None:
    place_overlays()
    try:
        # Inside a Git hook or alias, these would point to the repository that it belongs to.
        for name in call("git", "rev-parse", "--local-env-vars").split():
            os.environ.pop(name, None)
        call("git", "init", "--quiet", "--initial-branch", "main", "--template", "")
        init_dvc()
        commit()
        done = "a Git repository with its first commit, and a DVC repository"
    except (OSError, subprocess.CalledProcessError) as error:
        init_dvc()
        reason = getattr(error, "stderr", "").strip() or error
        done = f"a DVC repository, but no commit ({reason}). Later, in the project: {BY_HAND}"
    print(
        f"Created {Path.cwd().name}: {done}.\n\n"
        "  cd {{ cookiecutter.project_slug }}\n"
        "  make setup    # .venv, from the lock\n"
        "  make all      # run the pipeline, print the metrics\n"
        "  make help     # everything else"
    )


main()
