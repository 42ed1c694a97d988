"""Metrics of one model, and their mean and error bars over several.

A metric of your own: a function of `Outcome` in `CLASSIFICATION` or `REGRESSION`, and its name in
`configs/config.yaml`.
"""

import statistics
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from sklearn import metrics as sk

from workbench.errors import UserError

from .outcome import Outcome


def accuracy(outcome: Outcome) -> float:
    """The share of right answers."""
    return float(np.mean(outcome.truth == outcome.predicted))


def balanced_accuracy(outcome: Outcome) -> float:
    """The mean over classes of the share of right answers, so that rare classes count as much."""
    right = outcome.truth == outcome.predicted
    return float(np.mean([right[outcome.truth == place].mean() for place in set(outcome.truth)]))


def macro_f1(outcome: Outcome) -> float:
    """The mean over classes of the F1 score."""
    assert outcome.probabilities is not None
    classes = range(outcome.probabilities.shape[1])
    return float(
        sk.f1_score(
            outcome.truth, outcome.predicted, labels=classes, average="macro", zero_division=0
        )
    )


def log_loss(outcome: Outcome) -> float:
    """The mean cross-entropy, in nats."""
    assert outcome.probabilities is not None
    eps = np.finfo(outcome.probabilities.dtype).eps
    of_truth = outcome.probabilities[np.arange(len(outcome.truth)), outcome.truth]
    return float(np.mean(-np.log(of_truth.clip(eps, 1 - eps))))


def roc_auc(outcome: Outcome) -> float:
    """The area under the ROC curve, of the positive class or as the mean over classes."""
    return _mean_over_classes(sk.roc_auc_score, outcome)


def average_precision(outcome: Outcome) -> float:
    """The area under the precision-recall curve, of the positive class or as the mean."""
    return _mean_over_classes(sk.average_precision_score, outcome)


def brier(outcome: Outcome) -> float:
    """The mean squared error of the probabilities, over classes; of two classes, of one of them."""
    assert outcome.probabilities is not None
    n_classes = outcome.probabilities.shape[1]
    truth = np.eye(n_classes)[outcome.truth]
    error = float(np.mean(np.sum((outcome.probabilities - truth) ** 2, axis=1)))
    return error / 2 if n_classes == 2 else error


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
    return float(sk.r2_score(outcome.truth, outcome.predicted))


CLASSIFICATION = [
    accuracy,
    balanced_accuracy,
    macro_f1,
    log_loss,
    roc_auc,
    average_precision,
    brier,
]
REGRESSION = [rmse, mae, median_absolute_error, r2]
LOWER_IS_BETTER = {"log_loss", "brier", "rmse", "mae", "median_absolute_error"}
Metric = Callable[[Outcome], float]
Summary = dict[str, float]


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
    """Whether a value of the metric is better than that of the trivial model."""
    return value < baseline if name in LOWER_IS_BETTER else value > baseline


# exercise 7: A mean alone says nothing about the next seed. Give the standard deviation and the
#   interval that the docstring promises: until then, the tables show `nan` for them.
def summarize(values: Sequence[float], confidence: float = 0.95) -> Summary:
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


def describe(metrics: Mapping[str, Summary], n_seeds: int) -> str:
    """The metrics as a Markdown table that says what its error bars are."""
    rows = [
        f"| {name} | {m['mean']:z.4f} | {m['std']:.4f} | {m['ci_low']:z.4f} … {m['ci_high']:z.4f} "
        f"| {m['baseline']:z.4f} |"
        for name, m in metrics.items()
    ]
    head = (
        f"| over {n_seeds} seeds | mean | standard deviation | 95 % confidence interval "
        "| trivial model |"
    )
    lines = [head, "|---|---|---|---|---|", *rows]
    if worse := [name for name, m in metrics.items() if not beats(name, m["mean"], m["baseline"])]:
        lines += [
            "",
            f"Warning: no better than the trivial model, which knows no features, by "
            f"{', '.join(worse)}.",
        ]
    return "\n".join(lines)


def _mean_over_classes(score: Callable[..., float], outcome: Outcome) -> float:
    scores = []
    for truth, probability in outcome.one_vs_rest:
        if truth.all() or not truth.any():
            raise UserError(f"{score.__name__}: a class is not in the test split, or alone there")
        scores.append(float(score(truth, probability)))
    return statistics.fmean(scores)
