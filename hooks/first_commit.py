"""Make the Git repository of a new project, with its first commit: called by the hook."""

import os
import subprocess
from pathlib import Path

# What people set for their other projects must neither change nor prevent the first commit of this one.
SETTINGS = (
    *("commit.gpgSign=0", f"core.hooksPath={os.devnull}", "core.excludesFile=", "core.attributesFile="),
    *("safe.directory=*", "maintenance.auto=0"),
)
BY_HAND = ("git init --initial-branch main", "git add --all", 'git commit --message "Start the project"')


def start_repository(author: str, email: str) -> str:
    """Commit everything, as whoever Git knows or else as the author; say what was made."""
    try:
        return _start_repository(author, email)
    except (OSError, subprocess.CalledProcessError) as error:
        reason = (getattr(error, "stderr", "") or str(error)).strip()
        return f"a DVC repository, but no commit ({reason}). To make it later:\n  " + "\n  ".join(BY_HAND)


def _start_repository(author: str, email: str) -> str:
    # Inside a Git hook or alias, these variables point to the repository that it belongs to.
    for name in git("rev-parse", "--local-env-vars").split():
        os.environ.pop(name, None)
    prefix = attempt("rev-parse", "--show-prefix")  # None: no repository; empty: its top is here
    if prefix and attempt("check-ignore", "--quiet", ".") is None:
        around = Path.cwd().parents[prefix.count("/") - 1]
        return f"a DVC repository, and part of the Git repository {around}: commit it there."
    if prefix == "" and attempt("rev-parse", "--verify", "HEAD") is not None:
        return "its files only. Its Git repository was there: `git status` tells what has changed."
    os.environ["GIT_DEFAULT_HASH"] = "sha1"  # DVC reads no other repositories
    git("init", "--quiet", "--initial-branch", "main", "--template", "")
    Path(".git/index.lock").unlink(missing_ok=True)  # of an attempt that was killed
    add_all()
    commit = ("commit", "--quiet", "--message", "Start the project")
    if attempt(*commit) is None:  # Whatever the locale, Git gets UTF-8.
        name, address = (os.fsdecode(text.encode()) for text in (author, email))
        git("-c", f"user.name={name}", "-c", f"user.email={address}", *commit)
    return "a Git repository with its first commit, and a DVC repository."


def add_all() -> None:
    """Add every file, in a third of the time that `git add` alone takes.

    What it need not convert, and takes for big, it writes into one pack: not into a file each, most
    of them in a folder of their own. New files have the line ends that `.gitattributes` asks for.
    """
    attributes = Path(".git/info/attributes")
    attributes.parent.mkdir(exist_ok=True)
    attributes.write_text("* -text\n", encoding="utf-8")
    try:
        git("-c", "core.bigFileThreshold=1", "-c", "core.compression=1", "add", "--all")
    finally:
        attributes.unlink()


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
