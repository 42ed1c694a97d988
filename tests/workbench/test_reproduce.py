"""The reproduction check, of a pipeline of one short stage."""

import argparse
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import HERE
from workbench.check import clone, reproduce
from workbench.errors import UserError

OPTIONS = argparse.Namespace(level=1, perturb=1, bisect=1, rtol=1e-6)


@pytest.fixture
def make_pipeline(small: Path, commit: Callable[[], None]) -> Callable[[str], Path]:
    """A function that runs a pipeline whose result depends on the user by so much, and commits it."""

    def make(change: str) -> Path:
        shutil.copytree(HERE / "programs/pipeline", small, dirs_exist_ok=True)
        (small / "change.txt").write_text(change)
        for command in ("init", "repro"):
            subprocess.run([sys.executable, "-m", "dvc", command, "--quiet"], cwd=small, check=True)
        commit()
        return small

    return make


@pytest.mark.parametrize(
    ("change", "kind", "cause"),
    [
        ("0", "identical bytes", None),
        ("1e-9", "same numbers", "table.csv: the user's name"),
        ("1", "different", "table.csv: the user's name"),
    ],
)
def test_an_output_is_judged_and_its_cause_found(
    make_pipeline: Callable[[str], Path], tmp_path: Path, change: str, kind: str, cause: str | None
) -> None:
    root = make_pipeline(change)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    result = reproduce.reproduce(OPTIONS, scratch, root)
    (output,) = result["outputs"]
    assert output["path"] == "table.csv"
    assert output["kind"] == kind
    assert result["cause"] == cause
    assert result["damaged"] == []


def test_what_cannot_be_checked_is_refused(small: Path, commit: Callable[[], None], tmp_path: Path) -> None:
    def check() -> Any:
        return reproduce.reproduce(OPTIONS, tmp_path / "scratch", small)

    with pytest.raises(UserError, match="There is no commit to check"):
        check()
    commit()
    with pytest.raises(UserError, match=r"dvc\.lock is not there: run `make all`"):
        check()
    (small / "dvc.lock").write_text("stages: {}\n")
    with pytest.raises(UserError, match=r"dvc\.lock is not committed"):
        check()
    commit()
    (small / "new.txt").touch()
    with pytest.raises(UserError, match=r"Files differ from the commit \(new\.txt\)"):
        check()
    (small / "dvc.lock").write_text("<<<<<<< HEAD\nstages: {}\n")
    (small / "new.txt").unlink()
    commit()
    (tmp_path / "scratch").mkdir()
    with pytest.raises(UserError, match=r"dvc\.lock is not whole, perhaps after a merge"):
        check()


def test_a_damaged_output_is_named(small: Path) -> None:
    subprocess.run([sys.executable, "-m", "dvc", "init", "--no-scm", "--quiet"], cwd=small, check=True)
    (small / "a.txt").write_text("right")
    digest = clone.hash_output(small / "a.txt")
    out = f"{{path: a.txt, md5: {digest}}}"
    (small / "dvc.lock").write_text(f"stages: {{make: {{outs: [{out}]}}}}\n")
    assert clone.find_damaged(small) == []
    (small / "a.txt").write_text("wrong")
    (line,) = clone.find_damaged(small)
    assert line == "damaged: not what dvc.lock names: a.txt. Remove it, then `make all`."


def make_result(*kinds: str) -> dict[str, Any]:
    """A result with an output of each kind."""
    outputs = [{"stage": "s", "path": "p", "kind": kind, "explanation": ""} for kind in kinds]
    facts = {"commit": "0123456789", "level": 1, "varied": [], "rtol": 1e-6, "cause": None, "damaged": []}
    return {**facts, "outputs": outputs}


def test_the_worst_output_decides() -> None:
    rounded = make_result("identical bytes", "same numbers")
    assert reproduce.find_worst(rounded) == "same numbers"
    other = make_result("same numbers", "different", "identical bytes")
    assert reproduce.find_worst(other) == "different"
    text = reproduce.describe(rounded)
    assert "1 of 2 outputs are not the same bytes, but the same numbers within 1e-06" in text
