"""Worlds in which the truth is known: a linear model of normal numbers, and what it scores on average.

The target is z = x·β + noise, and the class whether z > 0. A model is fitted by least squares to half of the
training rows, which its seed draws. As all numbers are normal, a closed form gives what it scores on all
examples there could be.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from workbench.statistics.interval import Bounds
from workbench.statistics.resampling import Rows

Floats = NDArray[np.float64]
N_COLUMNS = 5
BOUNDS: dict[str, Bounds] = {"accuracy": (0.0, 1.0), "auc": (0.0, 1.0), "rmse": (0.0, np.inf)}


@dataclass(frozen=True)
class Outcome:
    """The target and what one model says, [n] each."""

    target: Floats
    predicted: Floats

    def take(self, rows: Rows) -> Self:
        return type(self)(self.target[rows], self.predicted[rows])


def accuracy(outcome: Outcome) -> float:
    return float(np.mean((outcome.target > 0) == (outcome.predicted > 0)))


def auc(outcome: Outcome) -> float:
    """The share of pairs of both classes in the right order, from the sum of the ranks."""
    positive = (outcome.target > 0)[np.argsort(outcome.predicted, kind="stable")]
    n_positive = np.count_nonzero(positive)
    ranks = np.flatnonzero(positive) + 1
    pairs = n_positive * (len(positive) - n_positive)
    return float((ranks.sum() - n_positive * (n_positive + 1) / 2) / pairs)


def rmse(outcome: Outcome) -> float:
    return float(np.sqrt(np.mean((outcome.target - outcome.predicted) ** 2)))


METRICS = {"accuracy": accuracy, "auc": auc, "rmse": rmse}


def draw_rows(slope: Floats, n_rows: int, generator: np.random.Generator) -> tuple[Floats, Floats]:
    """The columns [n, d] and the target [n], with noise of variance 1."""
    columns = generator.normal(size=(n_rows, N_COLUMNS))
    return columns, columns @ slope + generator.normal(size=n_rows)


def fit(columns: Floats, target: Floats, n_seeds: int, generator: np.random.Generator) -> Floats:
    """The slopes [r, d] of models with different seeds, each of which sees half of the rows."""
    halves = [generator.permutation(len(target))[: len(target) // 2] for _ in range(n_seeds)]
    return np.array([np.linalg.lstsq(columns[rows], target[rows])[0] for rows in halves])


def find_truth(slope: Floats, slopes: Floats) -> dict[str, float]:
    """What these models score on average on all examples there could be."""
    scale = np.sqrt((slope @ slope + 1) * (slopes**2).sum(axis=1))
    correlation = slopes @ slope / scale  # of the target and what is predicted
    return {
        "accuracy": float(np.mean(1 - np.arccos(correlation) / np.pi)),
        "auc": float(np.mean(1 / 2 + 2 / np.pi * np.arcsin(correlation / np.sqrt(2)))),
        "rmse": float(np.mean(np.sqrt(1 + ((slopes - slope) ** 2).sum(axis=1)))),
    }
