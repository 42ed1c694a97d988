"""The record of a run while it runs: there before the script starts, and right however the run ends."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import HERE, MakeRecord, Measure
from workbench.record import recording
from workbench.record.record import Record, load
from workbench.record.recording import Recording
from workbench.record.tracking import Tracking


def test_the_record_is_there_before_the_script_starts(measure: Measure, small: Path) -> None:
    (record,) = measure("seed=3")
    at_start = small / "at_start"
    at_start.mkdir()
    (record.output / "at_start.json").rename(at_start / "run.json")
    begun = load(at_start)
    assert begun.status == "running"
    assert begun.heartbeat is not None
    assert begun.end is begun.metrics is begun.returned is None
    assert begun.config == record.config


def test_a_completed_run(measure: Measure, small: Path) -> None:
    (record,) = measure("seed=3")
    assert record.status == "completed"
    assert record.returned == 0.5
    assert record.metrics == {"loss": 0.5}
    assert record.artifacts == ["at_start.json", "metrics.json"]
    assert record.script == "measured"
    assert record.overrides == ["seed=3"]
    assert record.config == {
        "seed": 3,
        "loss": 0.5,
        "ends": "completed",
        "paths": {"output": str(small / "outputs/measured/one/output")},
    }
    assert record.pid == os.getpid()
    assert record.sweep is record.error is record.traceback is record.tracking is None
    assert record.end is not None
    assert record.start < record.end <= (record.heartbeat or "")
    for measured in (record.wall_seconds, record.cpu_seconds, record.peak_memory):
        assert measured is not None
        assert measured > 0
    resolved = (record.directory / ".hydra/resolved.yaml").read_text()
    assert f"output: {record.output}\n" in resolved


def test_what_lay_in_the_output_folder_before_is_not_of_the_run(measure: Measure, small: Path) -> None:
    output = small / "outputs/measured/one/output"
    output.mkdir(parents=True)
    (output / "old.txt").touch()
    os.utime(output / "old.txt", (0, 0))
    (record,) = measure()
    assert "old.txt" not in record.artifacts


def test_a_failed_run_has_its_error_and_traceback(measure: Measure, small: Path) -> None:
    with pytest.raises(ValueError, match="nothing to learn from"):
        measure("ends=failed")
    record = load(small / "outputs/measured/one")
    assert record.status == "failed"
    assert record.error == "ValueError: nothing to learn from"
    assert record.traceback is not None
    assert 'raise ValueError("nothing to learn from' in record.traceback
    assert record.metrics == {"loss": 0.5}
    assert record.end is not None
    assert record.returned is None


def test_the_runs_of_a_sweep(measure: Measure) -> None:
    first, second = measure("--multirun", "seed=1,2")
    for seed, record in ((1, first), (2, second)):
        assert record.seed == seed
        assert record.status == "completed"
        assert record.directory.name == f"seed_{seed}"
        assert record.sweep is not None
        assert record.sweep.sweeper == "basic"
        assert record.sweep.launcher == "basic"
        assert record.sweep.directory == "multirun/measured"
        assert record.sweep.study is None


@pytest.fixture
def stop(small: Path) -> Callable[[signal.Signals], Record]:
    """A function that runs `programs/measured.py` in a process of its own, and sends it a signal."""

    def stop(number: signal.Signals) -> Record:
        command = [sys.executable, HERE / "programs/measured.py", "ends=killed"]
        with subprocess.Popen(command, cwd=small, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as run:
            assert run.stdout is not None
            assert run.stdout.readline() == b"waiting\n"
            begun = load(small / "outputs/measured/one")
            assert begun.status == "running"
            assert begun.pid == run.pid
            run.send_signal(number)
        assert run.returncode != 0
        return load(small / "outputs/measured/one")

    return stop


def test_an_interrupted_run_says_so(stop: Callable[[signal.Signals], Record]) -> None:
    record = stop(signal.SIGINT)
    assert record.status == "interrupted"
    assert record.end is not None
    assert record.metrics == {"loss": 0.5}


def test_a_killed_run_has_the_record_of_its_start(stop: Callable[[signal.Signals], Record]) -> None:
    record = stop(signal.SIGKILL)
    assert record.status == "running"
    assert record.end is None


def test_the_heartbeat_goes_on_until_the_end(
    make_record: MakeRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "HEARTBEAT", 0.001)
    record = make_record(status="running", heartbeat=None)
    running = Recording(record, Tracking(None), country=None)
    first = load(record.directory).heartbeat
    assert first is not None
    end = time.monotonic() + 60
    while (beat := load(record.directory).heartbeat) == first and time.monotonic() < end:
        pass
    assert beat != first
    running.end("completed", returned=0.75)
    ended = load(record.directory)
    assert ended.status == "completed"
    assert ended.returned == 0.75
