"""A model file that predicts raw rows, exactly as it was evaluated."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.data.column import Column
from workbench.data.images import Shape
from workbench.data.read import TYPES, Format
from workbench.errors import UserError
from workbench.onnx.file import OnnxModel
from workbench.onnx.inputs import (
    Arrays,
    Inputs,
    records_to_arrays,
    returns_its_argument,
    to_arrays,
)

from ..features.prepare import prepare
from ..features.problem import Problem

SERVED = Path("reports", "served.json")  # which model it is, and its scores


@dataclass(frozen=True)
class Answers:
    """The predictions of a model.

    Attributes:
        predicted: Labels, strings [n], or numbers, float64 [n].
        probabilities: Probabilities of the classes, float32 [n, c]; None for numbers.
        interval: The lower and the upper end of each number's interval, float64 [n, 2]; None if the
            model has none.
        arrays: The model's inputs: the columns that `prepare` made, by their kind.
    """

    predicted: NDArray[Any]
    probabilities: NDArray[np.float32] | None
    interval: NDArray[np.float64] | None
    arrays: Arrays


class Predictor:
    """A model file.

    Attributes:
        path: Where it is.
        problem: What it predicts.
        columns: The raw columns that it takes, and their rules.
        inputs: The columns that `prepare` makes of them, by their kind.
        image: The height, width and channels of the image, if there is one.
        calibration: What was fitted on rows that were set aside (`calibrate.Fitted`), or None.
        training: A summary of `inputs` in the training split: gaps, means, shares of values.
        data: The name of the data set.
        format: How a text file writes its values.
        encoding: The encoding of such a file.
    """

    def __init__(self, path: Path, threads: int = 1) -> None:
        """Load `path`, and predict with this many threads.

        Raises:
            UserError: The file is missing, or not a model of this project.
        """
        self.path = path
        self._model = OnnxModel(path, threads)
        facts = self._model.facts
        if "problem" not in facts:
            raise UserError(f"{path} is no model of this project: run `make train`")
        self.problem = Problem(**facts["problem"])
        self.columns = {name: Column(**rules) for name, rules in facts["columns"].items()}
        self.inputs: Inputs = facts["inputs"]
        self.image: Shape | None = facts.get("image")
        self.data: str = facts["data"]
        self.format = Format(**facts["format"])
        self.encoding: str = facts["encoding"]
        self.training: dict[str, Any] = facts["training"]
        self.calibration: dict[str, Any] | None = facts.get("calibration")

    @property
    def sha256(self) -> str:
        """The hash of its file."""
        return hashlib.sha256(self.path.read_bytes()).hexdigest()

    @property
    def has_intervals(self) -> bool:
        """Whether a number comes with an interval."""
        return self.calibration is not None and self.calibration["method"] == "conformal"

    @property
    def answer_columns(self) -> list[str]:
        """Columns of `to_table`: `predicted`; `probability_` of each class; ends of intervals."""
        ends = ["low", "high"] if self.has_intervals else []
        return ["predicted", *(f"probability_{label}" for label in self.problem.classes), *ends]

    def to_table(self, answers: Answers) -> pl.DataFrame:
        """The predictions as columns."""
        predicted, *names = self.answer_columns
        table = pl.DataFrame({predicted: pl.Series(answers.predicted, strict=False)})
        others = answers.interval if answers.probabilities is None else answers.probabilities
        return table if others is None else table.hstack(pl.DataFrame(others, schema=names))

    def predict(self, table: pl.DataFrame) -> Answers:
        """Predict raw rows, which have `columns` at least.

        Raises:
            UserError: The model has no finite answer.
        """
        columns = prepare(table[list(self.columns)])
        return self._answer(to_arrays(columns, self.inputs, self.image))

    def predict_records(self, records: Sequence[Mapping[str, Any]]) -> Answers:
        """Predict raw rows that come as records, in which a gap is None, or left out.

        Raises:
            UserError: The model has no finite answer.
        """
        return self._answer(self.read_records(records))

    def read_records(self, records: Sequence[Mapping[str, Any]]) -> Arrays:
        """Convert records to inputs; only a `prepare` that changes something needs a table."""
        if returns_its_argument(prepare):
            return records_to_arrays(records, self.inputs, self.image)
        types = {name: TYPES[column.kind] for name, column in self.columns.items()}
        table = prepare(pl.from_dicts(records, types, strict=False))
        return to_arrays(table, self.inputs, self.image)

    def _answer(self, arrays: Arrays) -> Answers:
        outputs = self._model.run(arrays)
        numbers = outputs["probabilities" if self.problem.classes else "value"]
        if not np.isfinite(numbers).all():
            raise UserError(f"{self.path} gives values that are not finite: train it again")
        if self.problem.classes:
            return Answers(outputs["label"], numbers.astype(np.float32, copy=False), None, arrays)
        ends = [outputs[name] for name in ("low", "high") if name in outputs]
        return Answers(numbers, None, np.stack(ends, axis=1) if ends else None, arrays)


def find_served(root: Path) -> Path:
    """The model file to serve: that of the split and seed in `reports/served.json`.

    Args:
        root: The project's folder.

    Raises:
        UserError: It has not been evaluated.
    """
    facts = root / SERVED
    if not facts.is_file():
        raise UserError(f"{SERVED} is not there: run `make all`")
    served = json.loads(facts.read_text(encoding="utf-8"))
    folder = root / "models" / f"split_{served['split']}" / f"seed_{served['seed']}"
    return folder / "model.onnx"
