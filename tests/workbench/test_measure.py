"""The facts about code, packages and machine that a record holds."""

import importlib.metadata
from collections.abc import Callable
from pathlib import Path

import pytest
from workbench.record.measure import (
    describe_code,
    describe_machine,
    describe_packages,
    find_numerical_variables,
    find_peak_memory,
)


def test_the_code_is_a_commit_and_what_differs_from_it(small: Path, commit: Callable[[], None]) -> None:
    assert describe_code(small).commit is None
    commit()
    clean = describe_code(small)
    assert clean.branch == "main"
    assert clean.dirty is False
    assert clean.diff_sha256 is None
    (small / "new.txt").touch()
    new = describe_code(small)
    assert new.commit == clean.commit
    assert new.dirty is True
    assert new.diff_sha256 is not None
    (small / "dvc.yaml").write_text("stages:\n")
    assert describe_code(small).diff_sha256 not in (None, new.diff_sha256)


def test_without_git_there_is_no_commit(small: Path) -> None:
    code = describe_code(small)
    assert code.commit is None
    assert code.dirty is None


def test_packages_that_are_not_the_locks(small: Path) -> None:
    assert describe_packages(small).lock_sha256 is None
    versions = {name: importlib.metadata.version(name) for name in ("numpy", "polars")}
    (small / "requirements-dev.txt").write_text(f"numpy=={versions['numpy']} \\\npolars==0.0.1 \\\n")
    packages = describe_packages(small)
    assert packages.lock_sha256 is not None
    assert "numpy" not in packages.differ
    assert packages.differ["polars"] == (versions["polars"], "0.0.1")
    assert packages.differ["pytest"] == (importlib.metadata.version("pytest"), None)


def test_variables_that_change_how_numbers_are_rounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    monkeypatch.setenv("PASSWORD", "secret")
    assert find_numerical_variables()["OPENBLAS_CORETYPE"] == "Haswell"
    assert "secret" not in str(describe_machine())


def test_the_machine_has_the_memory_of_this_process() -> None:
    assert 10**7 < find_peak_memory() < describe_machine().memory
