"""The table of all runs: `make runs`."""

from collections.abc import Callable
from pathlib import Path

from conftest import MakeRecord, call
from workbench.record.record import FILE, write
from workbench.record.runs import describe_run, read_runs


def test_the_row_of_a_run(make_record: MakeRecord) -> None:
    assert describe_run(make_record()) == [
        "2026-01-01 12:00:00",
        "train_model",
        "seed=1",
        "1",
        "0123456",
        "completed",
        "1800.00",
        "validation_loss=0.25",
    ]


def test_the_row_of_a_run_that_did_not_finish(make_record: MakeRecord) -> None:
    row = describe_run(make_record(status="running", wall_seconds=None, metrics=None, seed=None))
    assert row[3] == ""
    assert row[5:] == ["not finished", "", ""]


def test_the_row_of_a_failed_run_has_its_error(make_record: MakeRecord) -> None:
    row = describe_run(make_record(status="failed", error="ValueError: nothing to learn from"))
    assert row[5] == "failed"
    assert row[-1] == "ValueError: nothing to learn from"


def test_metrics_of_any_shape_have_a_row(make_record: MakeRecord) -> None:
    metrics = {"loss": {"mean": 0.5, "std": 0.1}, "matrix": [[1, 0], [0, 1]], "name": "a", "best": {"at": 3}}
    assert describe_run(make_record(metrics=metrics))[-1] == "loss=0.5"


def test_the_newest_run_comes_first(make_record: MakeRecord, small: Path) -> None:
    for day, name in enumerate(("outputs/a/1", "multirun/b/2", "outputs/c/3"), start=1):
        write(make_record(name, start=f"2026-01-0{day}T12:00:00+00:00"))
    assert [record.directory.name for record in read_runs(small)] == ["3", "2", "1"]


def test_what_is_no_record_is_left_out_and_named(
    make_record: MakeRecord, small: Path, spoil: Callable[[Path], dict[Path, str]]
) -> None:
    write(make_record())
    spoiled = spoil(small / "outputs/spoiled")
    done = call("record.runs", cwd=small)
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == 3  # a head, a line and the good one
    assert "validation_loss=0.25" in done.stdout
    said = done.stderr.splitlines()
    assert len(said) == len(spoiled)
    for folder, message in spoiled.items():
        (line,) = [line for line in said if str(folder / FILE) in line]
        assert message in line


def test_no_run_and_no_project(small: Path, tmp_path: Path) -> None:
    assert call("record.runs", cwd=small).stdout == "No run is recorded yet.\n"
    nowhere = call("record.runs", cwd=tmp_path)
    assert nowhere.returncode == 1
    assert nowhere.stderr == f"{tmp_path} is not in a project: there is no dvc.yaml in it or above it.\n"
