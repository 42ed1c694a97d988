"""Put the chosen parts in place, then make the Git repository and the first commit."""

import os
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

ANSWERS = {{ cookiecutter|texts }}
# What people set for their other projects must neither change nor prevent the first commit of this one.
SETTINGS = (
    *("commit.gpgSign=0", f"core.hooksPath={os.devnull}", "core.excludesFile=", "core.attributesFile="),
    *("safe.directory=*", "maintenance.auto=0"),
)
BY_HAND = ("git init --initial-branch main", "git add --all", 'git commit --message "Start the project"')
NEXT = """
  cd {{ cookiecutter.project_slug }}
  make setup    # .venv: Python {{ cookiecutter.python_version }} and {{ cookiecutter.framework }}, locked
  make all      # run the pipeline, print the metrics
  make help     # everything else
"""


def place_overlays() -> None:
    """Add what the answers ask for, and leave out what Python compiled in the template's folders."""
    sys.path.insert(0, {{ here() }} + "/overlays")
    from overlays import place
    choices = ["framework/{{ cookiecutter.framework }}", "license/{{ cookiecutter.license }}"]
    place(choices, {{ cookiecutter.exercises|exercise_numbers }}, ANSWERS)
    for folder in ("docs", "src", "tests"):
        for cache in list(Path(folder).rglob("__pycache__")):
            shutil.rmtree(cache)


def git(*arguments: str) -> str:
    """Run a Git command, and give what it prints."""
    command = ("git", *(word for setting in SETTINGS for word in ("-c", setting)), *arguments)
    return subprocess.run(command, check=True, capture_output=True, encoding="utf-8", errors="replace").stdout


def attempt(*arguments: str) -> str | None:
    """The same, and None if the command fails."""
    try:
        return git(*arguments).strip()
    except subprocess.CalledProcessError:
        return None


def start_repository() -> str:
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
        name, email = (os.fsdecode(ANSWERS[f"author_{key}"].encode()) for key in ("name", "email"))
        git("-c", f"user.name={name}", "-c", f"user.email={email}", *commit)
    return "a Git repository with its first commit, and a DVC repository."


try:
    place_overlays()
except OSError as error:
    sys.exit(f"{error.filename}: {error.strerror}")
try:
    done = start_repository()
except (OSError, subprocess.CalledProcessError) as error:
    reason = (getattr(error, "stderr", "") or str(error)).strip()
    done = f"a DVC repository, but no commit ({reason}). To make it later:\n  " + "\n  ".join(BY_HAND)
with suppress(OSError):  # Whoever does not read this, or cannot show it, has a project all the same.
    os.write(1, f"Created {Path.cwd().name}: {done}\n{NEXT}".encode("utf-8", "surrogateescape"))
