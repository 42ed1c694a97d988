"""Metrics of one model, and their mean and error bars over several."""

import statistics
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t
from sklearn.metrics import accuracy_score, f1_score, log_loss


def evaluate(
    labels: NDArray[np.int64], predicted: NDArray[np.int64], probabilities: NDArray[np.float32]
) -> dict[str, float]:
    """Compare predictions with the truth.

    Args:
        labels: The true classes [n].
        predicted: The predicted classes [n].
        probabilities: Of each class [n, c].

    Returns:
        `accuracy`, `macro_f1` (the mean over classes) and `log_loss` (in nats).
    """
    classes = range(probabilities.shape[1])
    return {
        "accuracy": float(accuracy_score(labels, predicted)),
        "macro_f1": float(f1_score(labels, predicted, labels=classes, average="macro")),
        "log_loss": float(log_loss(labels, probabilities, labels=classes)),
    }


def summarize(values: Sequence[float], confidence: float = 0.95) -> dict[str, float]:
    """Mean, sample standard deviation, and the ends of Student's t interval of the mean.

    Args:
        values: One per seed, two at least.
        confidence: Of the interval.

    Raises:
        statistics.StatisticsError: There are fewer than two values.
    """
    mean, std = statistics.fmean(values), statistics.stdev(values)
    half = float(t.ppf((1 + confidence) / 2, len(values) - 1)) * std / len(values) ** 0.5
    return {"mean": mean, "std": std, "ci_low": mean - half, "ci_high": mean + half}
