"""Two runs side by side: `python -m workbench.record.diff`."""

import shutil
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import MakeRecord
from workbench.record import diff
from workbench.record.record import write


@pytest.fixture
def make_run(project: Path, make_record: MakeRecord) -> Callable[..., str]:
    """A function that leaves a run with one of the project's models, and gives its folder."""

    def make(name: str, seed: int, **changes: Any) -> str:
        record = make_record(f"outputs/{name}")
        shutil.copy(project / f"models/split_0/seed_{seed}/model.onnx", record.output)
        config = record.config | {"seed": seed}
        end = {"end": datetime.now(UTC).isoformat()}
        write(make_record(f"outputs/{name}", config=config, **(end | changes)))
        return str(record.directory)

    return make


@pytest.fixture
def compare(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple]:
    """A function that compares two folders: the exit status, and what is printed and said."""

    def compare(first: str, second: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["diff", first, second])
        status = diff.main()
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return compare


def test_the_same_run_twice(make_run: Callable[..., str], compare: Callable[..., tuple]) -> None:
    status, printed, _ = compare(make_run("first", 0), make_run("second", 0))
    assert status == 0
    assert printed.startswith("The same weights: all ")  # and no folder, which is each run's own
    assert len(printed.splitlines()) == 1


def test_runs_with_another_seed(make_run: Callable[..., str], compare: Callable[..., tuple]) -> None:
    status, printed, _ = compare(make_run("first", 0), make_run("second", 1))
    assert status == 1
    rows = [line.split() for line in printed.splitlines() if line.startswith("| config.")]
    assert rows == [["|", "config.seed", "|", "0", "|", "1", "|"]]
    assert " numbers, by up to " in printed
    assert printed.splitlines()[-1].endswith(" weights differ.")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"status": "failed"}, "left no model: train_model, failed"),
        ({"end": "2020-01-01T00:00:00+00:00"}, "a later run has replaced its model"),
        (None, "nowhere is not the directory of a run: no run.json in it."),
    ],
)
def test_what_is_no_run_with_a_model_is_refused(
    make_run: Callable[..., str],
    compare: Callable[..., tuple],
    changes: dict[str, str] | None,
    message: str,
) -> None:
    other = "nowhere" if changes is None else make_run("second", 0, **changes)
    status, printed, said = compare(make_run("first", 0), other)
    assert status == 2
    assert printed == ""
    assert message in said


def test_weights_of_other_networks_are_told_apart() -> None:
    first = {"same": np.zeros(2), "shape": np.zeros(2), "value": np.zeros(2), "gone": np.zeros(1)}
    second = {"same": np.zeros(2), "shape": np.zeros(3), "value": np.array([0, 0.5])}
    assert diff.describe_weights(first, second) == [
        ("shape", "shape (2,) and (3,)"),
        ("value", "1 of 2 numbers, by up to 0.5"),
        ("gone", "only the first model has it"),
    ]


def test_labels_and_gaps_are_weights_too() -> None:
    first = {"gap": np.asarray(np.nan), "labels": np.array(["a", "b"], dtype=object)}
    second = {"gap": np.asarray(np.nan), "labels": np.array(["a", "c"], dtype=object)}
    assert diff.describe_weights(first, second) == [("labels", "1 of 2 texts")]
