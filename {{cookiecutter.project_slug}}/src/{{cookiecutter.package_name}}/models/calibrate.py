"""Calibration after the training, on rows that were set aside: `calibration` of `configs/`.

To add a criterion, such as the cost of mistakes, add a function of `Counts` to `CRITERIA`, and its
name to `Calibration` in `config.py`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.errors import UserError
from workbench.onnx.file import OnnxModel, write_onnx
from workbench.statistics.recalibration import (
    Counts,
    choose_threshold,
    find_reach,
    fit_temperature,
    require_rows,
)

from ..config import Calibration
from ..features.examples import Examples, read_examples, scan_split
from ..features.problem import Problem

if TYPE_CHECKING:
    import onnx

    from workbench.onnx.merge import Classes, Scale

BATCH = 1024  # examples that a model predicts at once


def balanced_accuracy(counts: Counts) -> NDArray[np.float64]:
    """The mean over both classes of the share of right answers: Youden's J, from 0 to 1."""
    recall = counts.hits / (counts.hits + counts.misses)
    return (recall + counts.rejections / (counts.rejections + counts.false_alarms)) / 2


def accuracy(counts: Counts) -> NDArray[np.float64]:
    """The share of right answers."""
    right = counts.hits + counts.rejections
    return right / (right + counts.misses + counts.false_alarms)


def f1(counts: Counts) -> NDArray[np.float64]:
    """The harmonic mean of precision and recall of the positive class."""
    return 2 * counts.hits / (2 * counts.hits + counts.misses + counts.false_alarms)


CRITERIA = {"balanced_accuracy": balanced_accuracy, "accuracy": accuracy, "f1": f1}


@dataclass(frozen=True)
class Fitted:
    """What was fitted.

    Attributes:
        method: As `Calibration` has it.
        value: The temperature, the threshold, or the reach in the unit of the target.
        n_rows: The rows that it was fitted on.
        aim: The criterion, or the coverage; None for a temperature.
    """

    method: str
    value: float
    n_rows: int
    aim: str | float | None

    def to_facts(self) -> dict[str, Any]:
        """What a model file keeps of it."""
        return asdict(self)

    def make_head(self, problem: Problem) -> Classes | Scale:
        """The end of a model's graph."""
        from workbench.onnx.merge import Classes, Scale

        match self.method:
            case "temperature":
                return Classes(problem.classes, problem.positive, problem.threshold, self.value)
            case "threshold":
                return Classes(problem.classes, problem.positive, self.value)
            case _:
                return Scale(problem.mean, problem.deviation, self.value)


def read_part(rule: Calibration, problem: Problem, processed: Path) -> Examples | None:
    """Read the rows that were set aside; None if nothing is to be fitted.

    Raises:
        UserError: There are too few, which is reported before the training.
    """
    if rule.method == "none":
        return None
    n_rows = scan_split(processed, "calibration").select(pl.len()).collect().item()
    if not n_rows:
        raise UserError(
            f"No row was set aside in {processed}: write `method: {rule.method}` into "
            "configs/config.yaml, below `calibration`, and run `make data`."
        )
    if rule.method == "conformal":
        require_rows(n_rows, rule.coverage)
    part = read_examples(processed, "calibration")
    if rule.method == "threshold" and len(np.unique(part.targets)) < len(problem.classes):
        raise UserError(
            f"The {n_rows} rows for calibration hold one class alone: set more rows "
            "aside (calibration.fraction)."
        )
    return part


def calibrate(
    model: onnx.ModelProto, part: Examples, problem: Problem, rule: Calibration, threads: int
) -> Fitted:
    """Fit what the configuration asks for.

    Args:
        model: As `Model.to_onnx` gives it.
        part: What `read_part` has read.
        problem: What is predicted.
        rule: Which method, and what it aims at.
        threads: To predict with.

    Raises:
        UserError: No value is the best one.
    """
    output = predict(model, part, threads)
    n_rows = len(part.targets)
    match rule.method:
        case "temperature":
            temperature = fit_temperature(output, part.targets.astype(np.int64))
            return Fitted(rule.method, temperature, n_rows, None)
        case "threshold":
            assert problem.positive is not None
            scores, truth = output[:, problem.positive], part.targets == problem.positive
            threshold = choose_threshold(scores, truth, CRITERIA[rule.criterion])
            return Fitted(rule.method, threshold, n_rows, rule.criterion)
        case _:
            errors = np.abs(output[:, 0].astype(np.float64) - part.targets) * problem.deviation
            reach = find_reach(errors, rule.coverage)
            return Fitted(rule.method, reach, n_rows, rule.coverage)


def predict(model: onnx.ModelProto, part: Examples, threads: int) -> NDArray[np.float32]:
    """A model's output for examples, before its head: float32 [n, c] or [n, 1]."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "model.onnx")
        write_onnx(model, path)
        session = OnnxModel(path, threads)
    outputs = []
    for start in range(0, len(part.targets), BATCH):
        features = part.select(slice(start, start + BATCH))
        outputs.append(list(session.run({"features": features}).values())[-1])
    return np.concatenate(outputs).reshape(len(part.targets), -1).astype(np.float32)
