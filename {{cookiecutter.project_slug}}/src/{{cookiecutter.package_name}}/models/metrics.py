"""Metrics of one model on the test split.

To add a metric, add a function of `Outcome` to `CLASSIFICATION` or `REGRESSION`, and its name to
`configs/config.yaml`. It is computed on hundreds of resamples, so it should be fast.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from workbench.errors import UserError
from workbench.statistics.calibration import form_bins
from workbench.statistics.interval import Bounds

from .outcome import Outcome


def accuracy(outcome: Outcome) -> float:
    """The share of right answers."""
    return float(np.mean(outcome.truth == outcome.predicted))


def balanced_accuracy(outcome: Outcome) -> float:
    """The mean over classes of the share of right answers, so that rare classes count as much."""
    n_rows = np.bincount(outcome.truth)
    right = np.bincount(outcome.truth, outcome.truth == outcome.predicted)
    return float(np.mean(right[n_rows > 0] / n_rows[n_rows > 0]))


def macro_f1(outcome: Outcome) -> float:
    """The mean over classes of the F1 score; 0 for a class that neither occurs nor is predicted."""
    assert outcome.probabilities is not None
    n_classes = outcome.probabilities.shape[1]
    right = outcome.truth[outcome.truth == outcome.predicted]
    both = np.bincount(outcome.truth, minlength=n_classes)
    both += np.bincount(outcome.predicted, minlength=n_classes)
    return float(np.mean(2 * np.bincount(right, minlength=n_classes) / both.clip(1)))


def log_loss(outcome: Outcome) -> float:
    """The mean cross-entropy, in nats."""
    assert outcome.probabilities is not None
    eps = np.finfo(outcome.probabilities.dtype).eps
    of_truth = outcome.probabilities[np.arange(len(outcome.truth)), outcome.truth]
    return float(np.mean(-np.log(of_truth.clip(eps, 1 - eps))))


def roc_auc(outcome: Outcome) -> float:
    """The area under the ROC curve, of the positive class or as the mean over classes.

    That is the share of pairs, of a row of the class and another one, that are in the right order.
    """
    areas = []
    for of_class, others in _sort_by_class(outcome, "roc_auc"):
        below = np.searchsorted(others, of_class), np.searchsorted(others, of_class, "right")
        areas.append(np.mean(below) / len(others))  # equal probabilities count one half
    return float(np.mean(areas))


def average_precision(outcome: Outcome) -> float:
    """The area under the precision-recall curve, of the positive class or as the mean.

    That is the mean over the rows of the class of the precision with which they are found.
    """
    areas = []
    for of_class, others in _sort_by_class(outcome, "average_precision"):
        found = len(of_class) - np.searchsorted(of_class, of_class)
        wrong = len(others) - np.searchsorted(others, of_class)
        areas.append(np.mean(found / (found + wrong)))
    return float(np.mean(areas))


def brier(outcome: Outcome) -> float:
    """The mean squared error of the probabilities, over classes; for two classes, of one."""
    assert outcome.probabilities is not None
    n_classes = outcome.probabilities.shape[1]
    truth = np.eye(n_classes)[outcome.truth]
    error = float(np.mean(np.sum((outcome.probabilities - truth) ** 2, axis=1)))
    return error / 2 if n_classes == 2 else error


def calibration_error(outcome: Outcome) -> float:
    """The expected calibration error (ECE), of the positive class or of the predicted one.

    The mean distance between the probability and the share of the class, over ten bins with as many
    rows each. A few rows in a bin make it too large, however good the probabilities are.
    """
    probability, right = outcome.confidence
    bins = form_bins(probability)
    gaps = np.bincount(bins, right - probability)
    return float(np.abs(gaps).sum() / len(bins))


def rmse(outcome: Outcome) -> float:
    """The root of the mean squared error, in the unit of the target."""
    return float(np.sqrt(np.mean((outcome.predicted - outcome.truth) ** 2)))


def mae(outcome: Outcome) -> float:
    """The mean absolute error, in the unit of the target."""
    return float(np.mean(np.abs(outcome.predicted - outcome.truth)))


def median_absolute_error(outcome: Outcome) -> float:
    """The median absolute error, in the unit of the target."""
    return float(np.median(np.abs(outcome.predicted - outcome.truth)))


def r2(outcome: Outcome) -> float:
    """The share of the variance that is explained."""
    error = np.sum((outcome.predicted - outcome.truth) ** 2)
    variation = np.sum((outcome.truth - outcome.truth.mean()) ** 2)
    return float(1 - error / variation) if variation else float("nan")


CLASSIFICATION = [
    accuracy,
    balanced_accuracy,
    macro_f1,
    log_loss,
    roc_auc,
    average_precision,
    brier,
    calibration_error,
]
REGRESSION = [rmse, mae, median_absolute_error, r2]
LOWER_IS_BETTER = {
    "log_loss",
    "brier",
    "calibration_error",
    "rmse",
    "mae",
    "median_absolute_error",
}
# The trivial model's probabilities are right on average, so not beating it means nothing.
CALIBRATED = {"calibration_error"}
SHARE, POSITIVE = (0.0, 1.0), (0.0, math.inf)
# The lowest and the highest value: an interval stays within. Without an entry, any number is
# possible. A share is an average over examples, or over pairs of them, that are right or wrong.
RANGES: dict[str, Bounds] = {
    **dict.fromkeys(("accuracy", "balanced_accuracy", "macro_f1"), SHARE),
    **dict.fromkeys(("roc_auc", "average_precision"), SHARE),
    **dict.fromkeys(("log_loss", "brier", "calibration_error"), POSITIVE),
    **dict.fromkeys(("rmse", "mae", "median_absolute_error"), POSITIVE),
    "r2": (-math.inf, 1.0),
}
Metric = Callable[[Outcome], float]


def find_metrics(names: Sequence[str], task: str) -> dict[str, Metric]:
    """The functions of these names.

    Raises:
        UserError: There is no such metric for the task.
    """
    known = {
        metric.__name__: metric
        for metric in (CLASSIFICATION if task == "classification" else REGRESSION)
    }
    if unknown := [name for name in names if name not in known]:
        raise UserError(
            f"metrics.{task}: {', '.join(unknown)} is not in models/metrics.py, which has "
            f"{', '.join(known)}"
        )
    return {name: known[name] for name in names}


def beats(name: str, value: float, baseline: float) -> bool:
    """Whether a value beats the trivial model's, or need not."""
    if name in CALIBRATED:
        return True
    return value < baseline if name in LOWER_IS_BETTER else value > baseline


def _sort_by_class(
    outcome: Outcome, name: str
) -> list[tuple[NDArray[np.floating], NDArray[np.floating]]]:
    """For each class, its probability in the rows of the class and in the others, both sorted.

    Raises:
        UserError: A class is not there, or alone.
    """
    parts = []
    for truth, probability in outcome.one_vs_rest:
        if truth.all() or not truth.any():
            raise UserError(f"{name}: a class is not in the test split, or alone there")
        parts.append((np.sort(probability[truth]), np.sort(probability[~truth])))
    return parts
