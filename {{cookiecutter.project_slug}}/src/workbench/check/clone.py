"""A place of its own for the check: a clone of the commit, without any result of it."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from ..errors import UserError
from ..pipeline.source import REMOTE, find_source, find_untracked
from ..project import git

ACCELERATOR_LOCK = "requirements-accelerator.txt"  # what has a build for each kind of processor


@dataclass(frozen=True)
class Output:
    """An output as a `dvc.lock` names it."""

    stage: str
    path: str
    md5: str


def read_lock(root: Path) -> dict[str, Any]:
    """The stages of `dvc.lock`: for each its command, dependencies and outputs.

    Raises:
        UserError: It is no YAML, as after a merge.
    """
    text = (root / "dvc.lock").read_text(encoding="utf-8")
    try:
        return dict(yaml.safe_load(text).get("stages", {}))
    except yaml.YAMLError as error:
        raise UserError(
            "dvc.lock is not whole, perhaps after a merge: `git checkout --ours dvc.lock`, then "
            "`make all`, which brings it up to date."
        ) from error


def list_outputs(stages: dict[str, Any]) -> dict[str, Output]:
    """The outputs of all stages, by path."""
    return {
        out["path"]: Output(name, out["path"], str(out["md5"]))
        for name, stage in stages.items()
        for out in stage.get("outs", [])
    }


def require_committed_results(root: Path) -> str:
    """The commit that is to be checked.

    Raises:
        UserError: There is no `dvc.lock`, or files differ from the commit.
    """
    commit = git("rev-parse", "HEAD", root=root)
    if commit is None:
        raise UserError("There is no commit to check: this is not a Git repository with a commit.")
    if not (root / "dvc.lock").is_file():
        raise UserError("dvc.lock is not there: run `make all`, then commit it.")
    if git("cat-file", "-t", "HEAD:./dvc.lock", root=root) is None:
        raise UserError("dvc.lock is not committed: `git add dvc.lock`, then `git commit`.")
    if untracked := find_untracked(root):
        raise UserError(f"{untracked} A clone would lack it.")
    if changes := git("status", "--porcelain", "--", ".", root=root):
        names = ", ".join(line.strip().split(maxsplit=1)[-1] for line in changes.splitlines()[:3])
        raise UserError(f"Files differ from the commit ({names}): commit or stash them first.")
    return commit


def require_space(folder: Path, root: Path) -> None:
    """Raise a UserError where the outputs would not fit into `folder`, as files and in a cache."""
    sizes = [out.get("size", 0) for s in read_lock(root).values() for out in s.get("outs", [])]
    need, free = 2 * sum(sizes), shutil.disk_usage(folder).free
    if free < need + 10_000_000:
        raise UserError(
            f"{folder} has {free / 1e6:.0f} MB free, the check needs about {need / 1e6 + 10:.0f}: "
            "make room, or name another folder in TMPDIR."
        )


def make_clone(repository: Path, root: Path) -> Path:
    """Clone the commit into `repository`, remove every result, and fetch data that only DVC holds.

    Returns:
        The project in the clone: a subfolder of it if the project is one of its repository.

    Raises:
        UserError: Git or DVC failed.
    """
    # No hard links: nothing that happens to the clone can reach this repository.
    top = git("rev-parse", "--show-toplevel", root=root) or str(root)
    call("git", "clone", "--quiet", "--no-hardlinks", "--", top, str(repository), cwd=root)
    folder = repository / (git("rev-parse", "--show-prefix", root=root) or "")
    for path in list_outputs(read_lock(folder)):
        remove(folder / path)
    (folder / "dvc.lock").unlink()
    own = "[cache]\n    dir = cache\n"
    config = folder / ".dvc" / "config.local"
    config.write_text(own, encoding="utf-8")
    if tracked := git("ls-files", "--", "*.dvc", root=folder):
        remote = f"['remote \"original\"']\n    url = {_find_cache(root).as_posix()}\n"
        config.write_text(own + remote, encoding="utf-8")
        fetch = (sys.executable, "-m", "dvc", "pull")
        targets = tracked.splitlines()
        try:
            call(*fetch, "--remote", "original", *targets, cwd=folder)
        except UserError:
            try:
                call(*fetch, *targets, cwd=folder)
            except UserError as error:  # of another data set it may be, which no stage needs
                source = find_source(folder)
                if source and not source.is_file():
                    raise UserError(
                        f"{source.relative_to(folder).as_posix()}: neither the cache here nor a "
                        "DVC remote has this data. `make pull` first; where no remote is set, "
                        f"{REMOTE}, and `make push` fills it."
                    ) from error
    return folder


def export_data(folder: Path, target: Path, root: Path) -> None:
    """Copy what DVC keeps for the commit that the project in `folder` is a clone of.

    Raises:
        UserError: A file is not in the cache here.
    """
    remote = f"['remote \"target\"']\n    url = {target.as_posix()}\n"
    text = f"[cache]\n    dir = {_find_cache(root).as_posix()}\n{remote}"
    (folder / ".dvc" / "config.local").write_text(text, encoding="utf-8")
    call("git", "checkout", "--quiet", "HEAD", "--", "dvc.lock", cwd=folder)
    dvc = (sys.executable, "-m", "dvc")
    call(*dvc, "push", "--quiet", "--remote", "target", cwd=folder)
    try:  # a push leaves out what is not here, and says nothing
        call(*dvc, "status", "--quiet", "--cloud", "--remote", "target", cwd=folder)
    except UserError as error:
        raise UserError("Data or models of the commit are not here: `dvc pull` first.") from error


def find_original(output: Output, folder: Path, root: Path) -> Path | None:
    """The committed version of an output, wherever this repository has it: `folder` gets a copy."""
    copy = folder / output.path
    copy.parent.mkdir(parents=True, exist_ok=True)
    here = root / output.path
    if here.exists() and hash_output(here) == output.md5:
        if here.is_dir():
            shutil.copytree(here, copy, dirs_exist_ok=True)
        else:
            shutil.copyfile(here, copy)
        return copy
    kept = _locate(output, root)
    if kept.is_file() and not output.md5.endswith(".dir") and _holds(kept, output):
        shutil.copyfile(kept, copy)
        return copy
    done = subprocess.run(
        ["git", "show", f"HEAD:./{output.path}"], cwd=root, capture_output=True, check=False
    )
    copy.write_bytes(done.stdout)
    return copy if done.returncode == 0 and hash_output(copy) == output.md5 else None


def find_damaged(root: Path) -> list[str]:
    """A line for each output that lies here with other bytes than `dvc.lock` names.

    DVC trusts a cached file that is read-only, and gives out whatever is in it.
    """
    lines = []
    for path, output in list_outputs(read_lock(root)).items():
        both = (root / path, _locate(output, root))
        bad = [file for file in both if file.exists() and not _holds(file, output)]
        if bad:
            names = " and ".join(os.path.relpath(file, root) for file in bad)
            lines.append(f"damaged: not what dvc.lock names: {names}. Remove it, then `make all`.")
    return lines


@cache
def _find_cache(root: Path) -> Path:
    return root / call(sys.executable, "-m", "dvc", "cache", "dir", cwd=root).strip()


def _locate(output: Output, root: Path) -> Path:
    """Where DVC's cache keeps an output, if it does."""
    return _find_cache(root) / "files" / "md5" / output.md5[:2] / output.md5[2:]


def _holds(file: Path, output: Output) -> bool:
    if file.is_file() and output.md5.endswith(".dir"):  # the cached list of a folder's files
        return hash_output(file) + ".dir" == output.md5
    return hash_output(file) == output.md5


def hash_output(path: Path) -> str:
    """The hash as `dvc.lock` has it: MD5 of a file, or of the list of a folder's files."""
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.is_file())
        entries = [
            {"md5": hash_output(file), "relpath": file.relative_to(path).as_posix()}
            for file in files
        ]
        entries.sort(key=lambda entry: entry["relpath"])
        return hashlib.md5(json.dumps(entries).encode()).hexdigest() + ".dir"
    with path.open("rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest()


def remove(path: Path) -> None:
    """Remove a file or folder that may be there."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def make_python(folder: Path, project: Path) -> Path:
    """Install `requirements.txt` of `project`, its hashes enforced, into a new environment.

    Then install `requirements-accelerator.txt`, if there is one, in the build that the environment
    variable `ACCELERATOR` names: `cpu` by default.

    Returns:
        Its interpreter.

    Raises:
        UserError: It could not be installed.
    """
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    hashed = ("--no-deps", "--require-hashes", "-r", str(project / "requirements.txt"))
    install = ("install", "--quiet")
    by_uv = (*install, "--compile-bytecode")  # pip does it by default
    if uv := shutil.which("uv"):
        call(uv, "venv", "--quiet", "--python", sys.executable, str(folder), cwd=project)
        call(uv, "pip", *by_uv, *hashed, "--python", str(python), cwd=project)
    else:
        call(sys.executable, "-m", "venv", str(folder), cwd=project)
        call(str(python), "-m", "pip", *install, *hashed, cwd=project)
    if (project / ACCELERATOR_LOCK).is_file():
        build = (*choose_build(), "-r", ACCELERATOR_LOCK, "--python", str(python))
        call(str(python), "-m", "uv", "pip", *by_uv, *build, cwd=project)
    return python


def choose_build() -> tuple[str, ...]:
    """The option with which uv takes the build that the variable `ACCELERATOR` names."""
    return ("--torch-backend", "cpu") if os.environ.get("ACCELERATOR", "cpu") == "cpu" else ()


def call(*command: str, cwd: Path) -> str:
    """What a command prints; a UserError with its last line if it fails."""
    environment = {**os.environ, "DVC_NO_ANALYTICS": "1"}
    done = subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, encoding="utf-8", check=False
    )
    if done.returncode:
        reason = (done.stderr or done.stdout).strip().splitlines() or [f"status {done.returncode}"]
        raise UserError(f"{' '.join(map(str, command[:4]))} failed: {reason[-1]}")
    return done.stdout
