"""True and predicted values, in the form that metrics and figures take."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.statistics.resampling import Rows, form_blocks

from ..config import Splits
from ..features.problem import Problem
from .predictor import Predictor


@dataclass(frozen=True)
class Outcome:
    """True and predicted values.

    Attributes:
        truth: Classes, int64 [n] from 0 to c - 1, or numbers, float64 [n].
        predicted: The same.
        probabilities: Probabilities of the classes [n, c]; None for numbers.
        positive: The index of the positive class, of two; None: all classes count alike.
        interval: The ends of each number's interval [n, 2], if the model gives them.
    """

    truth: NDArray[Any]
    predicted: NDArray[Any]
    probabilities: NDArray[np.floating] | None = None
    positive: int | None = None
    interval: NDArray[np.float64] | None = None

    def take(self, rows: NDArray[np.int64]) -> "Outcome":
        """Select the rows [m], which may contain repeats."""
        probabilities = None if self.probabilities is None else self.probabilities[rows]
        interval = None if self.interval is None else self.interval[rows]
        truth, predicted = self.truth[rows], self.predicted[rows]
        return Outcome(truth, predicted, probabilities, self.positive, interval)

    @property
    def confidence(self) -> tuple[NDArray[np.floating], NDArray[np.bool_]]:
        """The probability of the positive or else the likeliest class [n]; whether it is true."""
        assert self.probabilities is not None
        if self.positive is not None:
            return self.probabilities[:, self.positive], self.truth == self.positive
        return self.probabilities.max(axis=1), self.truth == self.probabilities.argmax(axis=1)

    @property
    def one_vs_rest(self) -> list[tuple[NDArray[np.bool_], NDArray[np.floating]]]:
        """For the positive class, or else for each: whether it is true [n], and how probable."""
        assert self.probabilities is not None
        n_classes = self.probabilities.shape[1]
        classes = range(n_classes) if self.positive is None else [self.positive]
        return [(self.truth == place, self.probabilities[:, place]) for place in classes]


def to_outcome(predictions: pl.DataFrame, problem: Problem) -> Outcome:
    """One seed's rows of `predictions.parquet`, in the form that metrics take."""
    if not problem.classes:
        truth, predicted = (predictions[name].to_numpy() for name in ("target", "predicted"))
        ends = predictions.select(name for name in ("low", "high") if name in predictions.columns)
        return Outcome(truth, predicted, interval=ends.to_numpy() if ends.width else None)
    names = [f"probability_{label}" for label in problem.classes]
    return Outcome(
        problem.encode(predictions["target"]),
        problem.encode(predictions["predicted"]),
        predictions.select(names).to_numpy(),
        problem.positive,
    )


def evaluate(model: Predictor, table: pl.DataFrame) -> Outcome:
    """A model's predictions for raw rows, with their true targets."""
    answers, problem = model.predict(table), model.problem
    target = table[problem.column]
    if not problem.classes:
        return Outcome(target.to_numpy(), answers.predicted)
    predicted = problem.encode(pl.Series(answers.predicted, dtype=pl.String, strict=False))
    return Outcome(problem.encode(target), predicted, answers.probabilities, problem.positive)


def find_units(table: pl.LazyFrame, split: Splits) -> Rows:
    """Which rows belong together: by their group, or by their place in time.

    Returns:
        For each row the number of its unit, from 0 [n].
    """
    if split.kind not in ("group", "time"):
        return np.arange(table.select(pl.len()).collect().item())
    ranks = table.select(pl.struct(split.columns).rank("dense")).collect().to_series().to_numpy()
    return form_blocks(ranks) if split.kind == "time" else ranks.astype(np.int64) - 1
