"""Data under DVC."""

import hashlib
from pathlib import Path
from typing import Any

import yaml

from .support import ROOT, NotYet, git

TESTS = ()
TABLE = "data/external/scans/digits.csv"
POINTER = f"{TABLE}.dvc"
N_GOOD = 1700  # the images after these are blurred
PATH = ("--full-history", "--topo-order", "--reverse", "--format=%H", "HEAD", "--")


def check() -> None:
    """Find both versions in the history, and get them back where this machine has a cache."""
    _require_whole_history()
    if commits := git("log", *PATH, TABLE):
        raise NotYet(f"Commit {commits[0][:7]} has {TABLE} itself: only {POINTER} belongs to Git.")
    first, second = _make_table(None), _make_table(N_GOOD)
    _follow(_read_history(), first, second)
    if git("status", "--porcelain", "--", POINTER):
        raise NotYet(f"{POINTER} is not as in the last commit: commit it, or restore it.")
    current = _read_hash((ROOT / POINTER).read_text(encoding="utf-8"))
    here = (ROOT / TABLE).is_file()
    if here and _hash((ROOT / TABLE).read_bytes()) != current:
        raise NotYet(f"{TABLE} is not the version that {POINTER} names: `dvc checkout {POINTER}`.")
    _require_both(first, second, here)


def _require_whole_history() -> None:
    if not git("rev-parse", "--verify", "HEAD"):
        raise NotYet("There is no commit whose history could be looked at.")
    if git("rev-parse", "--is-shallow-repository") == ["true"]:
        raise NotYet("This clone has only the last commits: `git fetch --unshallow` gets the rest.")


def _make_table(n_rows: int | None) -> list[str]:
    """The MD5 of the table with its first rows: with line ends of Unix, and of Windows."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    names = [f"pixel_{row}_{column}" for row in range(8) for column in range(8)]
    rows = [
        [*map(str, map(int, image)), str(label)]
        for image, label in zip(digits.data[:n_rows], digits.target[:n_rows], strict=True)
    ]
    lines = [",".join(row) for row in ([*names, "label"], *rows)]
    return [_hash("".join(line + end for line in lines).encode()) for end in ("\n", "\r\n")]


def _read_history() -> list[str]:
    """The MD5 that each commit of the pointer file names, from the first to the last."""
    commits = git("log", *PATH, POINTER)
    return [_read_hash("\n".join(git("show", f"{commit}:./{POINTER}"))) for commit in commits]


def _read_hash(text: str) -> str:
    """The MD5 in a pointer file; empty where it names none."""
    try:
        return str(yaml.safe_load(text)["outs"][0]["md5"])
    except (yaml.YAMLError, KeyError, IndexError, TypeError):
        return ""


def _follow(history: list[str], first: list[str], second: list[str]) -> None:
    """Look for version 1, then 2, then 1; what was committed in between does not matter."""
    if not history:
        raise NotYet(f"No commit has {POINTER}: `dvc add {TABLE}` writes it.")
    missing = [
        (first, f"No commit of {POINTER} names version 1, all images as step 1 writes them."),
        (second, f"No later commit names version 2, the first {N_GOOD} rows of version 1."),
        (first, "After version 2, no commit goes back to version 1."),
    ]
    for md5 in history:
        if missing and md5 in missing[0][0]:
            missing.pop(0)
    if missing:
        raise NotYet(missing[0][1])


def _require_both(first: list[str], second: list[str], here: bool) -> None:
    """Look for both versions in DVC's cache, or else at its remote; a clone in CI may have none."""
    from dvc.repo import Repo

    with Repo(str(ROOT)) as repo:
        cached = [any(_is_cached(md5, repo) for md5 in version) for version in (first, second)]
        if not here and not any(cached):
            return
        for number, version in enumerate((first, second)):
            if not cached[number] and not any(_is_pushed(md5, repo) for md5 in version):
                raise NotYet(f"Neither DVC's cache nor its remote has version {number + 1}.")


def _is_cached(md5: str, repo: Any) -> bool:
    path = Path(repo.cache.local.path, md5[:2], md5[2:])
    return path.is_file() and _hash(path.read_bytes()) == md5


def _is_pushed(md5: str, repo: Any) -> bool:
    try:
        return bool(repo.cloud.get_remote_odb().exists(md5))
    except Exception:  # no remote, no network, no credentials: each client has errors of its own
        return False


def _hash(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
