"""Trackers: who is told what of a run, and that none of them costs one."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar
from unittest.mock import MagicMock

import polars as pl
import pytest

from {{ cookiecutter.package_name }}.data import make_dataset
from workbench.errors import UserError
from workbench.record.runs import read_records
from workbench.trackers.tracker import Run, load

Records = list[dict[str, Any]]


class Listener:
    """A tracker that remembers what it is told, and fails where it should."""

    name = "listener"
    told: ClassVar[list[tuple[str, Any]]] = []

    def __init__(self, fails: str = "") -> None:
        self._fails = fails

    def connect(self, sweep: str | None) -> None:
        if self._fails == "connect":
            raise UserError("tracker=listener: nobody is there")
        self.told.append(("connect", sweep))

    def start(self, run: Run) -> str:
        self._tell("start", run)
        return "7"

    def finish(self, run: Run) -> None:
        self._tell("finish", run)

    def _tell(self, step: str, run: Run) -> None:
        self.told.append((step, run))
        if self._fails == step:
            raise RuntimeError("wrapped") from ConnectionError("the line is dead\nfor good")


@pytest.fixture
def make_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Records]:
    """A function that makes runs with overrides, and gives their records by seed."""

    def make(*overrides: str) -> Records:
        folders = [f"hydra.run.dir={tmp_path}/runs/1", f"hydra.sweep.dir={tmp_path}/runs"]
        output = "paths.output=${hydra:runtime.output_dir}/raw"
        monkeypatch.setattr(sys, "argv", ["make_dataset", *overrides, *folders, output])
        make_dataset.main()
        return sorted(read_records(tmp_path / "runs"), key=lambda record: int(record["seed"]))

    monkeypatch.setattr(Listener, "told", [])
    return make


def listener(fails: str = "") -> str:
    """The override that chooses it."""
    tracker = f"_target_:{__name__}.Listener,fails:'{fails}'"
    return "hydra.callbacks.run_record.tracker={" + tracker + "}"


def test_a_run_is_told_from_start_to_end(make_runs: Callable[..., Records]) -> None:
    (record,) = make_runs(listener(), "seed=7")
    assert record["tracking"] == {"tracker": "listener", "run": "7", "error": None}
    assert [step for step, _ in Listener.told] == ["connect", "start", "finish"]
    assert Listener.told[0][1] is None
    run = Listener.told[-1][1]
    assert (run.name, run.sweep, run.params["seed"]) == ("make_dataset/1", None, 7)
    assert run.params["data.features"] == record["config"]["data"]["features"]
    assert run.commit.startswith(record["code"]["commit"] or "")
    assert [json.loads(path.read_text())["status"] for path in run.files] == ["completed"]


def test_the_runs_of_a_sweep_belong_together(
    make_runs: Callable[..., Records], tmp_path: Path
) -> None:
    records = make_runs("--multirun", listener(), "seed=3,4")
    assert [record["tracking"]["run"] for record in records] == ["7", "7"]
    first, *others = Listener.told
    assert first == ("connect", f"{tmp_path}/runs")
    assert [(step, run.sweep, run.record["seed"]) for step, run in others] == [
        (step, f"{tmp_path}/runs", seed) for seed in (3, 4) for step in ("start", "finish")
    ]


@pytest.mark.parametrize("mode", [["seed=1"], ["--multirun", "seed=1,2"]], ids=["run", "sweep"])
def test_a_tracker_that_is_not_there_stops_a_run(
    make_runs: Callable[..., Records], tmp_path: Path, mode: list[str]
) -> None:
    with pytest.raises(SystemExit, match="tracker=listener: nobody is there"):
        make_runs(*mode, listener("connect"))
    assert read_records(tmp_path / "runs") == []


@pytest.mark.parametrize("step", ["start", "finish"])
def test_a_tracker_that_fails_costs_no_run(make_runs: Callable[..., Records], step: str) -> None:
    (record,) = make_runs(listener(step))
    assert (record["status"], record["artifacts"]) == ("completed", ["digits.csv"])
    assert record["tracking"]["error"] == "ConnectionError: the line is dead"
    assert Listener.told[-1][0] == step  # and nothing after it


def test_one_process_of_a_run_speaks(
    make_runs: Callable[..., Records], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCAL_RANK", "1")
    (record,) = make_runs(listener())
    assert "tracking" not in record
    assert Listener.told == []


@pytest.mark.parametrize("name", ["mlflow", "tensorboard", "wandb"])
def test_what_is_not_installed_is_said(
    make_runs: Callable[..., Records], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(SystemExit, match=f"{name} is not installed: `make setup EXTRAS={name}`"):
        make_runs(f"tracker={name}")


@pytest.mark.parametrize(
    ("name", "function", "calls"), [("mlflow", "start_run", 3), ("wandb", "init", 2)]
)
def test_a_sweep_is_told_to_a_tool(
    make_runs: Callable[..., Records],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    function: str,
    calls: int,
) -> None:
    tool = MagicMock(__file__=f"{name}.py")
    monkeypatch.setitem(sys.modules, name, tool)
    records = make_runs("--multirun", f"tracker={name}", "seed=1,2")
    assert [record["tracking"]["error"] for record in records] == [None, None]
    assert getattr(tool, function).call_count == calls  # MLflow's sweep is a run, too


def test_a_folder_is_no_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "somefolder").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UserError, match="somefolder is not installed"):
        load("somefolder")


def test_a_learning_curve_is_told_step_by_step(project: Path) -> None:
    output = project / "models/seed_0"
    record = {
        "config": {"paths": {"output": str(output)}},
        "artifacts": [path.name for path in output.iterdir()],
        "metrics": json.loads((output / "metrics.json").read_text()) | {"other": {"mean": 0.5}},
    }
    *steps, last = Run(record, project, None).metrics
    curve = pl.read_csv(output / "learning_curve.csv")
    assert steps == [(row.pop("step"), row) for row in curve.to_dicts()]
    assert last == (curve["step"][-1], {"other.mean": 0.5})
    assert Run(record, project, None).files == [project / "run.json", output / "model.onnx"]
