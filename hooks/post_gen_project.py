"""Put the chosen parts in place, then make the Git repository and the first commit."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

TEMPLATE = Path({{ here() }})
ANSWERS = {{ cookiecutter|texts }}
# What people set for their other projects must neither change nor prevent the first commit of this one.
OTHERS = (
    *("commit.gpgSign=0", f"core.hooksPath={os.devnull}", "core.excludesFile=", "core.attributesFile="),
    *("safe.directory=*", "maintenance.auto=0"),
)
BY_HAND = ("git init --initial-branch main", "git add --all", 'git commit --message "Start the project"')
NEXT = """
  cd {{ cookiecutter.project_slug }}
  make setup    # .venv: Python {{ cookiecutter.python_version }} and {{ cookiecutter.framework }}, locked
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
    sys.path.insert(0, str(TEMPLATE / "overlays"))
    from overlays import place
    choices = ["framework/{{ cookiecutter.framework }}", "license/{{ cookiecutter.license }}"]
    place(choices, {{ cookiecutter.exercises|exercise_numbers }}, ANSWERS)


def remove_compiled_python() -> None:
    """Whoever ran the template's Python where it lies left compiled files there, which were copied."""
    for cache in [*Path("src").rglob("__pycache__"), *Path("tests").rglob("__pycache__")]:
        shutil.rmtree(cache)


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
        who = (f"user.{key}={ANSWERS[f'author_{key}']}".encode() for key in ("name", "email"))
        git(*(word for setting in who for word in ("-c", os.fsdecode(setting))), *commit)
    return "a Git repository with its first commit, and a DVC repository."


try:
    place_overlays()
    remove_compiled_python()
except OSError as error:
    sys.exit(f"{error.filename}: {error.strerror}")
try:
    done = start_repository()
except (OSError, subprocess.CalledProcessError) as error:
    reason = (getattr(error, "stderr", "") or str(error)).strip()
    done = f"a DVC repository, but no commit ({reason}). To make it later:\n  " + "\n  ".join(BY_HAND)
print(f"Created {Path.cwd().name}: {done}\n{NEXT}")
