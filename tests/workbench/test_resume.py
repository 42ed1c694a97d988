"""A sweep that is started again: what it has completed is kept, if it is still the same run."""

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Measure
from workbench.record.record import Record


@pytest.fixture
def completed(measure: Measure, commit: Callable[[], None]) -> Record:
    """The run of a sweep with one seed, by committed code."""
    commit()
    (record,) = measure("--multirun", "seed=1")
    return record


def test_only_what_is_missing_runs(completed: Record, measure: Measure) -> None:
    kept, new = measure("--multirun", "seed=1,2")
    assert kept == completed
    assert new.seed == 2
    assert new.start > kept.start


def test_a_run_by_another_commit_runs_again(
    completed: Record, measure: Measure, commit: Callable[[], None]
) -> None:
    commit()
    (again,) = measure("--multirun", "seed=1")
    assert again.start > completed.start
    assert again.code.commit != completed.code.commit


def test_a_run_with_other_values_runs_again(completed: Record, measure: Measure) -> None:
    (again,) = measure("--multirun", "seed=1", "loss=0.25")
    assert again.returned == 0.25


def test_a_run_by_changed_files_runs_again(completed: Record, measure: Measure, small: Path) -> None:
    (small / "new.txt").touch()
    for _ in range(2):  # the second one differs in nothing from the first, but who knows
        (again,) = measure("--multirun", "seed=1")
        assert again.start > completed.start
        completed = again


def test_a_run_whose_files_are_gone_runs_again(completed: Record, measure: Measure) -> None:
    (completed.output / "metrics.json").unlink()
    (again,) = measure("--multirun", "seed=1")
    assert again.start > completed.start


def test_a_failed_run_runs_again(measure: Measure, commit: Callable[[], None]) -> None:
    commit()
    with pytest.raises(ValueError, match="nothing to learn from"):
        measure("--multirun", "seed=1", "ends=failed")
    (record,) = measure("--multirun", "seed=1")
    assert record.status == "completed"


def test_a_run_alone_is_never_kept(measure: Measure, commit: Callable[[], None]) -> None:
    commit()
    (first,) = measure()
    (second,) = measure()
    assert second.start > first.start
