"""Each metric, in a case that is worked out by hand."""

import math

import numpy as np
import polars as pl
import pytest
from sklearn import metrics as sk

from workbench.errors import UserError

from {{ cookiecutter.package_name }}.features.problem import Problem
from {{ cookiecutter.package_name }}.models.metrics import (
    CALIBRATED,
    CLASSIFICATION,
    LOWER_IS_BETTER,
    RANGES,
    REGRESSION,
    beats,
    find_metrics,
)
from {{ cookiecutter.package_name }}.models.outcome import Outcome
from {{ cookiecutter.package_name }}.models.predict_model import predict_trivially

NAMES = {
    "classification": [metric.__name__ for metric in CLASSIFICATION],
    "regression": [metric.__name__ for metric in REGRESSION],
}


def compute(outcome: Outcome, *names: str) -> dict[str, float]:
    """The metrics of these names, by default all that there are."""
    task = "regression" if outcome.probabilities is None else "classification"
    found = find_metrics(names or NAMES[task], task)
    return {name: metric(outcome) for name, metric in found.items()}


def test_three_classes() -> None:
    truth, predicted = np.array([0, 0, 1, 2]), np.array([0, 1, 1, 1])
    probabilities = np.full((4, 3), 0.25, dtype=np.float32)
    probabilities[np.arange(4), predicted] = 0.5
    assert compute(Outcome(truth, predicted, probabilities)) == pytest.approx(
        {
            "accuracy": 2 / 4,
            "balanced_accuracy": (1 / 2 + 1 + 0) / 3,
            "macro_f1": (2 / 3 + 2 / 4 + 0) / 3,
            "log_loss": -(2 * math.log(0.5) + 2 * math.log(0.25)) / 4,
            "roc_auc": (3 / 4 + 2 / 3 + 1 / 2) / 3,
            "average_precision": (3 / 4 + 1 / 3 + 1 / 4) / 3,
            "calibration_error": 0,  # one half is said to be right, and is
            "brier": (0.375 + 0.875) / 2,  # for a right answer, and for a wrong one
        }
    )


@pytest.mark.parametrize(
    ("positive", "precision"), [(1, 7 / 12), (0, 3 / 4), (None, (7 / 12 + 3 / 4) / 2)]
)
def test_two_classes_of_which_one_may_be_looked_for(positive: int | None, precision: float) -> None:
    scores = np.array([0.1, 0.4, 0.35, 0.3])
    probabilities = np.stack([1 - scores, scores], axis=1)
    outcome = Outcome(np.array([0, 0, 1, 1]), np.zeros(4, int), probabilities, positive)
    assert compute(outcome, "roc_auc", "average_precision", "brier") == pytest.approx(
        {
            "roc_auc": 2 / 4,
            "average_precision": precision,
            "brier": (0.1**2 + 0.4**2 + 0.65**2 + 0.7**2) / 4,
        }
    )


def test_numbers() -> None:
    truth, predicted = np.array([1.0, 2, 3, 6]), np.array([1.0, 4, 3, 2])
    assert compute(Outcome(truth, predicted)) == pytest.approx(
        {"rmse": 5**0.5, "mae": 6 / 4, "median_absolute_error": 1, "r2": 1 - 20 / 14}
    )


def test_the_log_loss_has_the_bits_of_scikit_learn() -> None:
    generator = np.random.default_rng(0)
    probabilities = generator.dirichlet(np.ones(5), size=1000).astype(np.float32)
    truth, predicted = generator.integers(4, size=1000), probabilities.argmax(axis=1)
    found = compute(Outcome(truth, predicted, probabilities), "log_loss")
    assert found["log_loss"] == sk.log_loss(truth, probabilities, labels=range(5))


@pytest.mark.parametrize("n_values", [5, 1000])
def test_classes_have_the_metrics_of_scikit_learn(n_values: int) -> None:
    """Also where many probabilities are equal, and where a class is never predicted."""
    generator = np.random.default_rng(0)
    scores = generator.integers(1, n_values, size=(500, 3)).astype(float)
    probabilities = scores / scores.sum(axis=1, keepdims=True)
    truth, predicted = generator.integers(3, size=500), generator.integers(2, size=500)
    names = ("balanced_accuracy", "macro_f1", "roc_auc", "average_precision")
    one_hot = np.eye(3)[truth]
    assert compute(Outcome(truth, predicted, probabilities), *names) == pytest.approx(
        {
            "balanced_accuracy": sk.balanced_accuracy_score(truth, predicted),
            "macro_f1": sk.f1_score(truth, predicted, average="macro", zero_division=0),
            "roc_auc": sk.roc_auc_score(one_hot, probabilities, average="macro"),
            "average_precision": sk.average_precision_score(one_hot, probabilities),
        }
    )


@pytest.mark.parametrize("positive", [1, 0, None])
def test_the_calibration_error_is_the_mean_distance(positive: int | None) -> None:
    """A probability of 0.9 that is right in 80 of 100 rows, and one of 0.6 that is right in 60."""
    scores = np.repeat([0.9, 0.4], 100)
    truth = np.concatenate([np.arange(100) < 80, np.arange(100) < 40]).astype(int)
    probabilities = np.stack([1 - scores, scores], axis=1)
    outcome = Outcome(truth, (scores > 0.5).astype(int), probabilities, positive)
    assert compute(outcome, "calibration_error")["calibration_error"] == pytest.approx(0.05)


def test_a_part_of_the_rows() -> None:
    outcome = Outcome(np.array([0, 1]), np.array([0, 0]), np.eye(2), 1)
    rows = outcome.take(np.array([1, 1, 0]))
    assert (rows.truth.tolist(), rows.predicted.tolist(), rows.positive) == ([1, 1, 0], [0] * 3, 1)
    assert rows.probabilities is not None
    assert rows.probabilities[:, 1].tolist() == [1, 1, 0]


def test_a_sure_mistake_costs_much_but_not_infinitely_much() -> None:
    outcome = Outcome(np.array([0]), np.array([1]), np.array([[0, 1]], dtype=np.float32))
    assert 10 < compute(outcome, "log_loss")["log_loss"] < 100


def test_a_class_that_is_not_there_has_no_curve() -> None:
    outcome = Outcome(np.array([0, 1]), np.array([0, 1]), np.full((2, 3), 1 / 3))
    assert compute(outcome, "accuracy", "balanced_accuracy") == dict.fromkeys(
        ["accuracy", "balanced_accuracy"], 1
    )
    for name in ("roc_auc", "average_precision"):
        with pytest.raises(UserError, match=f"^{name}: a class is not in the test split"):
            compute(outcome, name)


def test_the_trivial_model_knows_the_shares_of_the_classes() -> None:
    problem = Problem("y", ["a", "b"], positive=1)
    outcome = Outcome(np.array([0, 1]), np.array([0, 1]), np.eye(2), 1)
    trivial = predict_trivially(outcome, problem, pl.Series(["a", "b", "b", "b"]))
    assert trivial.predicted.tolist() == [1, 1]
    assert compute(trivial, "accuracy", "log_loss", "roc_auc") == pytest.approx(
        {"accuracy": 0.5, "log_loss": -(math.log(0.25) + math.log(0.75)) / 2, "roc_auc": 0.5}
    )


def test_the_trivial_model_knows_the_mean_of_numbers() -> None:
    problem = Problem("y", mean=3.0)
    trivial = predict_trivially(Outcome(np.array([1.0, 5.0]), np.zeros(2)), problem, pl.Series())
    assert compute(trivial, "rmse", "r2") == pytest.approx({"rmse": 2, "r2": 0})


@pytest.mark.parametrize(
    "name", sorted({*NAMES["classification"], *NAMES["regression"]} - CALIBRATED)
)
def test_a_model_that_is_always_right_beats_the_trivial_one(name: str) -> None:
    """So each metric knows which of two values is the better one."""
    if name in NAMES["regression"]:
        truth = np.array([1.0, 2.0, 6.0])
        right, trivial = Outcome(truth, truth), Outcome(truth, np.full(3, 3.0))
    else:
        truth, shares = np.array([0, 1]), np.full((2, 2), 0.5)
        right = Outcome(truth, truth, np.eye(2))
        trivial = Outcome(truth, np.zeros(2, int), shares)
    best, base = (compute(outcome, name)[name] for outcome in (right, trivial))
    assert beats(name, best, base)
    assert not beats(name, base, best)
    assert not beats(name, base, base)


def test_a_metric_that_is_not_there_is_named() -> None:
    with pytest.raises(UserError) as caught:
        find_metrics(["mae", "accuracy", "f2"], "regression")
    assert str(caught.value) == (
        "metrics.regression: accuracy, f2 is not in models/metrics.py, which has rmse, mae, "
        "median_absolute_error, r2"
    )
    assert set(NAMES["classification"] + NAMES["regression"]) >= LOWER_IS_BETTER | set(RANGES)
