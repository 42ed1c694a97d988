"""Two versions of a table in the history, and the way back."""

import shutil
from pathlib import Path

from support import IN, PROGRAMS, sh

TABLE = "data/external/scans/digits.csv"
POINTER = f"{TABLE}.dvc"
WRITE = f"mkdir -p data/external/scans && {IN} python '{PROGRAMS}/make_rows.py' 1 {TABLE}"
CUT = f"head -n 1701 {TABLE} > cut && mv cut {TABLE}"
SPOIL = f"head -n 1701 {TABLE} | tail -n 1700 > cut && mv cut {TABLE}"
COMMIT = f"git add {POINTER} && git commit -qm Data"
ADD = f"{IN} dvc add -q {TABLE} && {COMMIT}"
BACK = f"git checkout -q HEAD~1 -- {POINTER} && {IN} dvc checkout -q {POINTER} && git commit -qm Back"
START = "$(git rev-list --max-parents=0 HEAD)"
MADE_UP = "outs:\n- md5: {md5}\n  size: 1\n  hash: md5\n  path: digits.csv\n"


def solve(project: Path) -> None:
    """Make the history that the page asks for."""
    sh(f"{WRITE} && {ADD} && {CUT} && {ADD} && {BACK}", project)


def again(*commands: str):
    """Another history, from the first commit on."""
    return lambda project: sh(
        " && ".join([f"git reset -q --hard {START}", "rm -rf .dvc/cache", *commands]), project
    )


def in_a_larger_repository(project: Path) -> None:
    """The project is a folder of it."""
    shutil.rmtree(project / ".git")
    shutil.rmtree(project / ".dvc/cache")
    sh(f"rm {TABLE} {POINTER}", project)
    sh("git init -q && echo .venv > .git/info/exclude && git add project", project.parent)
    sh("git commit -qm Start", project.parent)
    solve(project)


def clone_without_cache(project: Path) -> None:
    """As in CI: neither the table nor a cache is there."""
    sh(f"rm -rf .dvc/cache {TABLE}", project)


def on_a_branch(project: Path) -> None:
    """There and back on a branch whose end is what it began with, merged."""
    again(WRITE, ADD, "git switch -qc blurred", CUT, ADD, BACK, "git switch -q -", MERGE)(project)


def lost_version(project: Path) -> None:
    """The cache has the current version only."""
    sh(f"{IN} dvc gc -q --workspace --force", project)


def lost_but_pushed(project: Path) -> None:
    """The cache has the current version only, and the remote has both."""
    sh(f"{IN} dvc remote add -q --local --default storage ../../remote", project)
    sh(f"{IN} dvc push -q --all-commits {POINTER}", project)
    lost_version(project)


def shallow(project: Path) -> None:
    """A clone of the last commit."""
    sh('git clone -q --depth 1 "file://$PWD" ../shallow', project)
    shutil.rmtree(project / ".git")
    shutil.move(project.parent / "shallow/.git", project / ".git")


MERGE = "git commit -q --allow-empty -m Meanwhile && git merge -q --no-edit blurred"
REVERT = f"git revert --no-edit HEAD && {IN} dvc checkout -q {POINTER}"
BY_HAND = f"printf '{MADE_UP}' > {POINTER} && {COMMIT}"
RIGHT = {
    "wrong version in between": again(WRITE, ADD, SPOIL, ADD, WRITE, CUT, ADD, WRITE, ADD),
    "git revert": again(WRITE, ADD, CUT, ADD, REVERT),
    "branch": on_a_branch,
    "larger repository": in_a_larger_repository,
    "clone without a cache": clone_without_cache,
    "at the remote": lost_but_pushed,
}
WRONG = {
    "one version": (again(WRITE, ADD), "No later commit names version 2"),
    "amended": (
        again(
            WRITE, ADD, CUT, f"{IN} dvc add -q {TABLE}", f"git add {POINTER}", "git commit -q --amend -m Data"
        ),
        "names version 1, all images",
    ),
    "second first": (again(WRITE, CUT, ADD, WRITE, ADD), "No later commit names version 2"),
    "only the table": (again(WRITE, ADD, CUT, ADD, WRITE), "no commit goes back to version 1"),
    "elsewhere": (
        again(
            WRITE,
            ADD,
            "git switch -qc blurred",
            CUT,
            ADD,
            "git switch -q -",
            f"{IN} dvc checkout -q {POINTER}",
        ),
        "No later commit names version 2",
    ),
    "wrong rows": (again(WRITE, ADD, SPOIL, ADD), "No later commit names version 2"),
    "not gone back": (again(WRITE, ADD, CUT, ADD), "no commit goes back to version 1"),
    "not committed": (
        lambda project: sh("git reset -q --soft HEAD~1", project),
        "no commit goes back to version 1",
    ),
    "hard-coded": (again(BY_HAND.replace("{md5}", "0" * 32)), "names version 1, all images"),
    "CSV in Git": (
        lambda project: sh(
            f"git add -f {TABLE} && git commit -qm CSV && git rm -q --cached {TABLE} && git commit -qm Out",
            project,
        ),
        f"has {TABLE} itself",
    ),
    "other content": (lambda project: sh(CUT, project), "is not the version that"),
    "lost version": (lost_version, "Neither DVC's cache nor its remote has version 2"),
    "shallow": (shallow, "git fetch --unshallow"),
}
