"""Calibration on rows that a trained model has not seen: temperature, threshold, intervals."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError

SMALLEST = float(np.finfo(np.float32).eps)  # a smaller probability counts as this, as in a log loss
TEMPERATURES = (0.01, 100.0)  # the lowest and the highest one


@dataclass(frozen=True)
class Counts:
    """The rows of two classes by what they are and by what is predicted, for each threshold [t].

    Attributes:
        hits: Rows of the positive class that are found.
        false_alarms: Rows of the other class that are taken for it.
        misses: Rows of the positive class that are not found.
        rejections: Rows of the other class that are not taken for it.
    """

    hits: NDArray[np.int64]
    false_alarms: NDArray[np.int64]
    misses: NDArray[np.int64]
    rejections: NDArray[np.int64]


Criterion = Callable[[Counts], NDArray[np.float64]]  # for each threshold, the higher the better


def fit_temperature(probabilities: NDArray[np.floating], truth: NDArray[np.int64]) -> float:
    """Find the temperature T > 0 for which softmax(log p / T) has the smallest log loss.

    T > 1 makes probabilities less extreme. C. Guo et al., "On Calibration of Modern Neural
    Networks", ICML 2017.

    Args:
        probabilities: The probabilities of the classes [n, c].
        truth: The classes [n].

    Raises:
        UserError: No temperature is the best one: the lower or the higher, the better.
    """
    from scipy.optimize import minimize_scalar  # only where a temperature is fitted

    logits = np.log(np.maximum(probabilities.astype(np.float64), SMALLEST))
    gaps = logits - logits[np.arange(len(truth)), truth][:, None]  # from the true class
    if gaps.max() <= 0 or gaps.mean() >= 0:
        answers = "all right" if gaps.max() <= 0 else "no better than chance"
        raise UserError(
            f"The temperature has no best value: on the {len(truth)} rows for calibration, the "
            f"model's answers are {answers}. Set more rows aside (calibration.fraction), or leave "
            "it out (calibration.method: none)."
        )

    def loss(log_temperature: float) -> float:
        scaled = gaps * math.exp(-log_temperature)
        highest = scaled.max(axis=1, keepdims=True)
        return float(np.mean(highest[:, 0] + np.log(np.exp(scaled - highest).sum(axis=1))))

    low, high = map(math.log, TEMPERATURES)
    options = {"xatol": 1e-6}
    found = minimize_scalar(loss, bounds=(low, high), method="bounded", options=options)
    return math.exp(found.x)


def choose_threshold(
    scores: NDArray[np.float32], truth: NDArray[np.bool_], criterion: Criterion
) -> float:
    """Find the lowest probability at which the positive class should be predicted.

    Args:
        scores: The probability of the positive class [n].
        truth: Whether it is there [n]; both happen.
        criterion: What is maximised.

    Returns:
        The middle between two neighbouring probabilities, in 32 bits. Of several that are equally
        good, it is the one nearest to 0.5.
    """
    order = np.argsort(-scores, kind="stable")
    values = scores[order]
    last = np.flatnonzero(np.append(values[1:] != values[:-1], True))  # of rows with equal scores
    hits = np.cumsum(truth[order], dtype=np.int64)[last]
    false_alarms = last + 1 - hits
    counts = Counts(hits, false_alarms, truth.sum() - hits, (~truth).sum() - false_alarms)
    quality = criterion(counts)
    upper = values[last]
    lower = np.append(upper[1:], np.float32(0))
    middle = (upper + lower) / np.float32(2)
    best = np.where(middle > lower, middle, upper)[quality == quality.max()]
    return float(best[np.abs(best - 0.5).argmin()])


def find_reach(errors: NDArray[np.floating], coverage: float) -> float:
    """Find how far an interval has to reach to each side of a predicted number: split conformal.

    A new row is within it with a probability of `coverage` at least, whatever the model, if the row
    and those of `errors` are exchangeable. J. Lei et al., "Distribution-Free Predictive Inference
    for Regression", JASA 113, 2018.

    Args:
        errors: Distances of predicted and true numbers [n], of rows that the model has not seen.
        coverage: The share of true numbers that the intervals should hold, between 0 and 1.

    Raises:
        UserError: There are too few rows: the interval would have no end.
    """
    require_rows(len(errors), coverage)
    place = _find_place(len(errors), coverage)
    return float(np.sort(np.asarray(errors, dtype=np.float64))[place - 1])


def require_rows(n_rows: int, coverage: float) -> None:
    """Raise a UserError if so many rows are too few for intervals with this coverage."""
    needed = math.ceil(round(coverage / (1 - coverage), 9))
    if n_rows < needed:
        raise UserError(
            f"{n_rows} rows for calibration are too few for intervals that hold {coverage:g} of "
            f"the true values: it takes {needed} (calibration.fraction)."
        )


def _find_place(n_rows: int, coverage: float) -> int:
    """Which of the sorted errors it is, from 1: rounded first, as 70 · 0.7 is not quite 49."""
    return math.ceil(round((n_rows + 1) * coverage, 9))
