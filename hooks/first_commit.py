"""Make the Git repository of a new project, with its first commit: called by the hook."""

import os
import subprocess
from pathlib import Path

# What people set for their other projects must neither change nor prevent the first commit of this one.
SETTINGS = (
    *(f"core.hooksPath={os.devnull}", "core.excludesFile=", "core.attributesFile=", "safe.directory=*"),
    *("core.compression=0", "core.fsync=none"),  # fast: a megabyte, which can be generated again
)
DATA = b"data %d\n%b\n"  # what a file or a message holds, for `git fast-import`: its length, and itself
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
    name, address = (os.fsdecode(text.encode()) for text in (author, email))  # UTF-8 in any locale
    who = ("-c", f"user.name={name}", "-c", f"user.email={address}")
    roles = ("GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT")
    commit_all(*(attempt("var", role) or git(*who, "var", role).strip() for role in roles))
    return "a Git repository with its first commit, and a DVC repository."


def commit_all(author: str, committer: str) -> None:
    """Commit every file that is not ignored, faster than `git add` and `git commit` do.

    All goes into one pack: they write a file for each file and folder. The template's files have the
    line ends that `.gitattributes` asks for.
    """
    executable = 0o100 if attempt("config", "core.fileMode") == "true" else 0
    head, message = f"commit refs/start\nauthor {author}\ncommitter {committer}\n", b"Start the project\n"
    stream = [os.fsencode(head), DATA % (len(message), message)]
    for name in git("ls-files", "-z", "--others", "--exclude-standard").split("\0")[:-1]:
        mode = 755 if Path(name).stat().st_mode & executable else 644
        content = Path(name).read_bytes()
        stream += [os.fsencode(f"M 100{mode} inline {name}\n"), DATA % (len(content), content)]
    git("fast-import", "--quiet", "--depth=0", stream=b"".join(stream))
    git("reset", "refs/start")  # the index, then the branch: whoever is interrupted can begin again
    git("update-ref", "-d", "refs/start")


def git(*arguments: str, stream: bytes = b"") -> str:
    """Run a Git command, and give what it prints."""
    settings = (word for setting in SETTINGS for word in ("-c", setting))
    done = subprocess.run(["git", *settings, *arguments], input=stream, capture_output=True, check=True)
    return os.fsdecode(done.stdout)


def attempt(*arguments: str) -> str | None:
    """The same, and None if the command fails."""
    try:
        return git(*arguments).strip()
    except subprocess.CalledProcessError:
        return None
