"""Metrics of one model, and their mean and error bars over several."""

import statistics
from collections.abc import Sequence

import numpy as np
import polars as pl
from sklearn.metrics import accuracy_score, f1_score


def compute_metrics(predictions: pl.LazyFrame) -> dict[str, float]:
    """Compute the metrics of one model.

    Args:
        predictions: `label`, `predicted`, and `probability_0`, `probability_1` … of the classes.

    Returns:
        `accuracy`, `macro_f1` (the mean over classes) and `log_loss` (in nats).
    """
    names = predictions.collect_schema().names()
    classes = [name for name in names if name.startswith("probability_")]
    # The loss needs the probability of the true class only; all of them may not fit into memory.
    true = pl.coalesce(pl.when(pl.col("label") == i).then(name) for i, name in enumerate(classes))
    rows = predictions.select("label", "predicted", true.alias("probability")).collect()
    labels, predicted, probabilities = (column.to_numpy() for column in rows)
    eps = np.finfo(probabilities.dtype).eps
    return {
        "accuracy": float(accuracy_score(labels, predicted)),
        "macro_f1": float(f1_score(labels, predicted, labels=range(len(classes)), average="macro")),
        "log_loss": float(np.mean(-np.log(probabilities.clip(eps, 1 - eps)))),
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
