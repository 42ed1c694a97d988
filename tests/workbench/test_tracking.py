"""How a tracker is called: from start to end, by one process of a run, and so that it stops no run."""

import dataclasses
from pathlib import Path

import pytest
from conftest import Measure
from listener import Listener
from workbench.record.record import FILE, Record
from workbench.record.runs import read_runs


@pytest.fixture(autouse=True)
def heard(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Record | str | None]]:
    """What the listener hears, from the beginning of a test."""
    monkeypatch.setattr(Listener, "heard", [])
    return Listener.heard


def listener(fails: str = "") -> str:
    """The override that chooses it."""
    return f"hydra.callbacks.run_record.tracker={{_target_:listener.Listener,fails:'{fails}'}}"


def test_a_run_is_logged_from_start_to_end(measure: Measure, heard: list) -> None:
    (record,) = measure(listener(), "seed=7")
    assert record.tracking is not None
    assert dataclasses.asdict(record.tracking) == {"tracker": "listener", "run": "7", "error": None}
    connected, (started, at_start), (finished, at_end) = heard
    assert connected == ("connect", None)
    assert started == "start"
    assert at_start.status == "running"
    assert at_start.name == "measured/one"
    assert at_start.parameters["seed"] == 7
    assert finished == "finish"
    assert at_end.status == "completed"
    assert at_end.steps == [(0, {"loss": 0.5})]
    assert at_end.files == [record.directory / FILE]


def test_the_runs_of_a_sweep_belong_together(measure: Measure, heard: list) -> None:
    records = measure("--multirun", listener(), "seed=3,4")
    assert [record.tracking and record.tracking.run for record in records] == ["7", "7"]
    connected, *others = heard
    assert connected == ("connect", "multirun/measured")
    assert [(step, record.seed) for step, record in others] == [
        ("start", 3),
        ("finish", 3),
        ("start", 4),
        ("finish", 4),
    ]
    assert {record.sweep.directory for _, record in others} == {"multirun/measured"}


@pytest.mark.parametrize("mode", [["seed=1"], ["--multirun", "seed=1,2"]], ids=["run", "sweep"])
def test_a_tracker_that_is_not_there_stops_a_run(measure: Measure, small: Path, mode: list[str]) -> None:
    with pytest.raises(SystemExit, match="tracker=listener: nobody is there"):
        measure(*mode, listener("connect"))
    assert read_runs(small) == []


@pytest.mark.parametrize("step", ["start", "finish"])
def test_a_tracker_that_fails_costs_no_run(measure: Measure, heard: list, step: str) -> None:
    (record,) = measure(listener(step))
    assert record.status == "completed"
    assert record.metrics == {"loss": 0.5}
    assert record.tracking is not None
    assert record.tracking.error == "ConnectionError: the line is dead"
    assert heard[-1][0] == step  # and nothing after it


@pytest.mark.parametrize("rank", ["RANK", "LOCAL_RANK", "NODE_RANK", "SLURM_PROCID"])
def test_one_process_of_a_run_logs_it(
    measure: Measure, heard: list, monkeypatch: pytest.MonkeyPatch, rank: str
) -> None:
    monkeypatch.setenv(rank, "1")
    (record,) = measure(listener())
    assert record.tracking is None
    assert heard == []
