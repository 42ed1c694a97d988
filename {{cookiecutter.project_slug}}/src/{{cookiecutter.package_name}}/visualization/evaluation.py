"""Figures of the predictions on the test split, by task."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sklearn import metrics

from workbench.statistics.calibration import measure_reliability

from ..features.problem import Problem
from ..models.outcome import Outcome

MANY = 12  # with more classes, the cells have no numbers


def draw_classification(outcome: Outcome, problem: Problem, n_models: float = 1) -> Figure:
    """Confusion matrix, ROC and precision-recall curves, and calibration, of all models together.

    Each row occurs once for each model that has predicted it: `n_models` times on average.
    """
    figure = Figure(figsize=(11, 9), layout="constrained")
    figure.suptitle(f"{problem.column}: test split, all models")
    (confusion, roc), (recall, calibration) = figure.subplots(2, 2)
    draw_confusion_matrix(confusion, outcome, problem)
    classes = range(len(problem.classes)) if problem.positive is None else [problem.positive]
    for place, (truth, probability) in zip(classes, outcome.one_vs_rest, strict=True):
        if truth.all() or not truth.any():
            continue  # a class that the test split lacks has no curves
        label = problem.classes[place]
        false_rate, true_rate, _ = metrics.roc_curve(truth, probability)
        area = metrics.auc(false_rate, true_rate)
        roc.plot(false_rate, true_rate, label=f"{label} (area {area:.2f})")
        precision, found, _ = metrics.precision_recall_curve(truth, probability)
        average = metrics.average_precision_score(truth, probability)
        recall.step(found, precision, where="post", label=f"{label} (average {average:.2f})")
        bins = measure_reliability(truth, probability, n_models)
        reach = np.abs([bins.low - bins.share, bins.high - bins.share])
        calibration.errorbar(
            bins.probability, bins.share, reach, marker=".", elinewidth=0.7, label=label
        )
    for axes in (roc, calibration):
        axes.plot([0, 1], [0, 1], color="gray", linestyle=":")
    roc.set(title="ROC curve", xlabel="false positive rate", ylabel="true positive rate")
    recall.set(title="Precision-recall curve", xlabel="recall", ylabel="precision")
    calibration.set(
        title="Calibration",
        xlabel="predicted probability",
        ylabel="share of the class, with its 95 % interval",
    )
    for axes in (roc, recall, calibration):
        axes.legend(fontsize="x-small")
    return figure


def draw_confusion_matrix(axes: Axes, outcome: Outcome, problem: Problem) -> None:
    """The share of each true class (rows) that is predicted as each class (columns), in percent."""
    places = range(len(problem.classes))
    shares = 100 * metrics.confusion_matrix(
        outcome.truth, outcome.predicted, labels=places, normalize="true"
    )
    axes.set(title="Confusion matrix (%)", xlabel="predicted class", ylabel="true class")
    axes.set_xticks(places, problem.classes, rotation=90 if len(problem.classes) > 5 else 0)
    axes.set_yticks(places, problem.classes)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=100)
    for (row, column), share in np.ndenumerate(shares):
        if share and len(problem.classes) <= MANY:
            color = "white" if share > 50 else "black"
            axes.text(column, row, f"{share:.1f}", ha="center", va="center", color=color, size=8)


def draw_regression(outcome: Outcome, problem: Problem) -> Figure:
    """Predicted against true values, and residuals, of all models together."""
    figure = Figure(figsize=(11, 5), layout="constrained")
    figure.suptitle(f"{problem.column}: test split, all models")
    left, right = figure.subplots(1, 2)
    ends = [min(outcome.truth.min(), outcome.predicted.min())]
    ends += [max(outcome.truth.max(), outcome.predicted.max())]
    left.scatter(outcome.truth, outcome.predicted, s=8, alpha=0.4)
    left.plot(ends, ends, color="gray", linestyle=":")
    left.set(title="Predicted and true values", xlabel="true", ylabel="predicted")
    right.scatter(outcome.predicted, outcome.predicted - outcome.truth, s=8, alpha=0.4)
    right.axhline(0, color="gray", linestyle=":")
    right.set(title="Residuals", xlabel="predicted", ylabel="predicted - true")
    return figure
