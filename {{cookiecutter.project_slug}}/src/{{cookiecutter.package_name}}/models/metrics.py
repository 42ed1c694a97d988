"""Metrics of one model, and their mean and error bars over several."""

import statistics
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, f1_score


class Scores:
    """The metrics of predictions that come in batches, from a confusion matrix and the losses."""

    def __init__(self) -> None:
        self._confusion = np.zeros((0, 0), dtype=np.int64)
        self._losses: list[NDArray[np.float32]] = []

    def add(
        self,
        labels: NDArray[np.int64],
        predicted: NDArray[np.int64],
        probabilities: NDArray[np.float32],
    ) -> None:
        """Add a batch.

        Args:
            labels: The true classes [n].
            predicted: The predicted classes [n].
            probabilities: Of each class [n, c].
        """
        n_classes = probabilities.shape[1]
        cells = np.bincount(labels * n_classes + predicted, minlength=n_classes**2)
        confusion = cells.reshape(n_classes, n_classes)
        self._confusion = self._confusion + confusion if self._confusion.size else confusion
        eps = np.finfo(probabilities.dtype).eps
        chosen = probabilities[np.arange(len(labels)), labels].clip(eps, 1 - eps)
        self._losses.append(-np.log(chosen))

    def compute(self) -> dict[str, float]:
        """Give what scikit-learn gives for all batches at once, to the last bit.

        Returns:
            `accuracy`, `macro_f1` (the mean over classes) and `log_loss` (in nats).
        """
        n_classes = len(self._confusion)
        labels, predicted = np.indices((n_classes, n_classes)).reshape(2, -1)
        cells = {"y_true": labels, "y_pred": predicted, "sample_weight": self._confusion.ravel()}
        return {
            "accuracy": float(accuracy_score(**cells)),
            "macro_f1": float(f1_score(**cells, labels=range(n_classes), average="macro")),
            "log_loss": float(np.average(np.concatenate(self._losses))),
        }


# exercise 7: A mean alone says nothing about the next seed. Give the standard deviation and the
#   interval that the docstring promises: until then, the tables show `nan` for them.
def summarize(values: Sequence[float], confidence: float = 0.95) -> dict[str, float]:
    """Mean, sample standard deviation, and the ends of Student's t interval of the mean.

    Args:
        values: One per seed, two at least.
        confidence: Of the interval.

    Raises:
        statistics.StatisticsError: There are fewer than two values.
    """
    from scipy.stats import t

    mean, std = statistics.fmean(values), statistics.stdev(values)
    half = float(t.ppf((1 + confidence) / 2, len(values) - 1)) * std / len(values) ** 0.5
    return {"mean": mean, "std": std, "ci_low": mean - half, "ci_high": mean + half}
    #| unknown = float("nan")
    #| mean = statistics.fmean(values)
    #| return {"mean": mean, "std": unknown, "ci_low": unknown, "ci_high": unknown}


# end of exercise 7
