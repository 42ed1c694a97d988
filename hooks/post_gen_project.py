"""Put the chosen parts in place, then make the DVC and Git repositories and the first commit."""

import os
import subprocess
import sys
from pathlib import Path

AUTHOR = {{ cookiecutter.author_name|quoted }}
EMAIL = {{ cookiecutter.author_email|quoted }}
REMOTE = {{ cookiecutter.dvc_remote|quoted }}
# What people set for their other projects must neither change nor prevent the first commit of this one.
OTHERS = (
    *("commit.gpgSign=0", f"core.hooksPath={os.devnull}", "core.excludesFile=", "core.attributesFile="),
    "safe.directory=*",
)
BY_HAND = ("git init --initial-branch main", "git add --all", 'git commit --message "Start the project"')
NEXT = """
  cd {{ cookiecutter.project_slug }}
  make setup    # .venv, from the lock
  make all      # run the pipeline, print the metrics
  make help     # everything else"""


def git(*arguments: str) -> str:
    """Run a Git command, and give what it prints."""
    settings = (word for setting in OTHERS for word in ("-c", setting))
    command = ("git", *settings, *arguments)
    return subprocess.run(command, check=True, capture_output=True, encoding="utf-8", errors="replace").stdout


def attempt(*arguments: str) -> str | None:
    """The same, and None if the command fails."""
    try:
        return git(*arguments).strip()
    except subprocess.CalledProcessError:
        return None


def place_overlays() -> None:
    sys.path.insert(0, "overlays")
    from overlays import place
    choices = ["framework/{{ cookiecutter.framework }}", "license/{{ cookiecutter.license }}"]
    place(choices, {{ cookiecutter.exercises|exercise_numbers }})


def init_dvc() -> None:
    """Write what `dvc init` and `dvc remote add --default` do: the same with any DVC, and with none."""
    config = ""
    if REMOTE:
        # DVC reads a relative path from the folder of its configuration.
        whole = "://" in REMOTE or REMOTE.startswith("~") or Path(REMOTE).is_absolute()
        url = REMOTE if whole else f"../{REMOTE}"
        config = f"[core]\n    remote = storage\n['remote \"storage\"']\n    url = {url}\n"
    Path(".dvc").mkdir(exist_ok=True)
    for name, text in {".gitignore": "/config.local\n/tmp\n/cache\n", "config": config}.items():
        Path(".dvc", name).write_text(text, encoding="utf-8", newline="\n")


def init_git() -> str:
    """Commit everything, as whoever Git knows or else as the author; say what was made."""
    # Inside a Git hook or alias, these variables point to the repository that it belongs to.
    for name in git("rev-parse", "--local-env-vars").split():
        os.environ.pop(name, None)
    prefix = attempt("rev-parse", "--show-prefix")  # None: no repository; empty: its top is here
    if prefix and attempt("check-ignore", "--quiet", ".") is None:
        around = Path.cwd().parents[prefix.count("/") - 1]
        return f"a DVC repository, and part of the Git repository {around}: commit it there."
    if prefix == "" and attempt("rev-parse", "--verify", "HEAD") is not None:
        return "its files only. Its Git repository was there: `git status` tells what has changed."
    git("init", "--quiet", "--initial-branch", "main", "--template", "")
    Path(".git/index.lock").unlink(missing_ok=True)  # of an attempt that was killed
    git("add", "--all")
    commit = ("commit", "--quiet", "--message", "Start the project")
    if attempt(*commit) is None:  # Whatever the locale, Git gets UTF-8.
        name, email = (os.fsdecode(text.encode()) for text in (AUTHOR, EMAIL))
        git("-c", f"user.name={name}", "-c", f"user.email={email}", *commit)
    return "a Git repository with its first commit, and a DVC repository."


try:
    place_overlays()
    init_dvc()
except OSError as error:
    sys.exit(f"{error.filename}: {error.strerror}")
try:
    done = init_git()
except (OSError, subprocess.CalledProcessError) as error:
    reason = (getattr(error, "stderr", "") or str(error)).strip()
    done = f"a DVC repository, but no commit ({reason}). To make it later:\n  " + "\n  ".join(BY_HAND)
print(f"Created {Path.cwd().name}: {done}\n{NEXT}")
