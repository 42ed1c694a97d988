"""Make the Git repository of a new project, with its first commit: called by the hook."""

import os
import subprocess
from pathlib import Path

# What people set for their other projects must neither change nor prevent the first commit of this one.
SETTINGS = (f"core.hooksPath={os.devnull}", "core.excludesFile=", "core.attributesFile=", "safe.directory=*")
FAST = ("core.compression=0", "core.fsync=none")  # a megabyte, and a project that can be generated again
BY_HAND = ("git init --initial-branch main", "git add --all", 'git commit --message "Start the project"')


def start_repository(author: str, email: str) -> str:
    """Commit everything, as Git's user or else as the author; return what was made."""
    try:
        return _start_repository(author, email)
    except (OSError, subprocess.CalledProcessError) as error:
        reason = os.fsdecode(getattr(error, "stderr", b"")).strip() or str(error)
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
    who: tuple[str, ...] = ()
    if attempt("var", "GIT_COMMITTER_IDENT") is None:  # Whatever the locale, Git gets UTF-8.
        name, address = (os.fsdecode(text.encode()) for text in (author, email))
        who = ("-c", f"user.name={name}", "-c", f"user.email={address}")
    commit_all(*(git(*who, "var", f"GIT_{role}_IDENT") for role in ("AUTHOR", "COMMITTER")))
    return "a Git repository with its first commit, and a DVC repository."


def commit_all(author: str, committer: str) -> None:
    """Commit every file that is not ignored, faster than `git add` and `git commit` do.

    All goes into one pack, where they write a file for each file and folder. The template's files
    have the line ends that `.gitattributes` asks for.
    """
    executable = 0o100 if git("config", "core.fileMode") == "true\n" else 0
    head = f"commit refs/start\nauthor {author}committer {committer}"
    stream = [os.fsencode(head), as_data(b"Start the project\n")]
    for name in git("ls-files", "-z", "--others", "--exclude-standard").split("\0")[:-1]:
        mode = 755 if Path(name).stat().st_mode & executable else 644
        stream += [os.fsencode(f"M 100{mode} inline {name}\n"), as_data(Path(name).read_bytes())]
    git("fast-import", "--quiet", "--depth=0", stream=b"".join(stream))
    git("reset", "refs/start")  # the index, then the branch: whoever is interrupted can begin again
    git("update-ref", "-d", "refs/start")


def as_data(content: bytes) -> bytes:
    """Format the content of a file or a message for `git fast-import`."""
    return b"data %d\n%b\n" % (len(content), content)


def git(*arguments: str, stream: bytes = b"") -> str:
    """Run a Git command, and give what it prints."""
    settings = (word for setting in SETTINGS + FAST for word in ("-c", setting))
    done = subprocess.run(["git", *settings, *arguments], input=stream, capture_output=True, check=True)
    return os.fsdecode(done.stdout)


def attempt(*arguments: str) -> str | None:
    """The same, and None if the command fails."""
    try:
        return git(*arguments).strip()
    except subprocess.CalledProcessError:
        return None
