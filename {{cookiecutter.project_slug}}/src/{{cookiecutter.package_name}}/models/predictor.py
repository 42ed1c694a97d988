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
from workbench.onnx.inputs import to_arrays

from ..features.prepare import prepare
from ..features.problem import Problem


@dataclass(frozen=True)
class Answers:
    """What a model says.

    Attributes:
        predicted: Labels, strings [n], or numbers, float64 [n].
        probabilities: Of the classes, float32 [n, c]; None for numbers.
    """

    predicted: NDArray[Any]
    probabilities: NDArray[np.float32] | None


class Predictor:
    """A model file.

    Attributes:
        path: Where it is.
        problem: What it predicts.
        columns: The raw columns that it takes, and their rules.
        means: The mean of each column of numbers in the training split.
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
        self.means: dict[str, float] = facts["means"]
        self._inputs, self._image = facts["inputs"], facts.get("image")

    def predict(self, table: pl.DataFrame) -> Answers:
        """Predict raw rows, which have `columns` at least.

        Raises:
            UserError: The model has no finite answer.
        """
        columns = prepare(table[list(self.columns)])
        outputs = self._model.run(to_arrays(columns, self._inputs, self._image))
        numbers = outputs["probabilities" if self.problem.classes else "value"]
        if not np.isfinite(numbers).all():
            raise UserError(f"{self.path} gives values that are not finite: train it again")
        if self.problem.classes:
            return Answers(outputs["label"], numbers.astype(np.float32, copy=False))
        return Answers(numbers, None)
