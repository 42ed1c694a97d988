"""A model file that answers for raw rows, as it was evaluated."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.data.column import Column
from workbench.errors import UserError
from workbench.onnx.file import OnnxModel
from workbench.onnx.inputs import Arrays, Inputs, to_arrays

from ..features.prepare import prepare
from ..features.problem import Problem


@dataclass(frozen=True)
class Answers:
    """What a model says.

    Attributes:
        predicted: Labels, strings [n], or numbers, float64 [n].
        probabilities: Of the classes, float32 [n, c]; None for numbers.
        arrays: What the model was given: the columns that `prepare` made, by their kind.
    """

    predicted: NDArray[Any]
    probabilities: NDArray[np.float32] | None
    arrays: Arrays


class Predictor:
    """A model file.

    Attributes:
        path: Where it is.
        problem: What it predicts.
        columns: The raw columns that it takes, and their rules.
        inputs: The columns that `prepare` makes of them, by their kind.
        training: What these hold in the training split: gaps, means, shares of values.
    """

    def __init__(self, path: Path, threads: int = 1) -> None:
        """Load `path`, to predict with so many threads.

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
        self.training: dict[str, Any] = facts["training"]

    def predict(self, table: pl.DataFrame) -> Answers:
        """Predict raw rows, which have `columns` at least.

        Raises:
            UserError: The model has no finite answer.
        """
        arrays = to_arrays(prepare(table[list(self.columns)]), self.inputs)
        outputs = self._model.run(arrays)
        numbers = outputs["probabilities" if self.problem.classes else "value"]
        if not np.isfinite(numbers).all():
            raise UserError(f"{self.path} gives values that are not finite: train it again")
        if self.problem.classes:
            return Answers(outputs["label"], numbers.astype(np.float32, copy=False), arrays)
        return Answers(numbers, None, arrays)
