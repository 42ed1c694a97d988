"""Each metric, in a case that is worked out by hand."""

import math

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import log_loss

from workbench.errors import UserError

from {{ cookiecutter.package_name }}.features.problem import Problem
from {{ cookiecutter.package_name }}.models.metrics import (
    CLASSIFICATION,
    LOWER_IS_BETTER,
    REGRESSION,
    beats,
    describe,
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
            "brier": (0.375 + 0.875) / 2,  # of a right answer, and of a wrong one
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
    assert found["log_loss"] == log_loss(truth, probabilities, labels=range(5))


def test_a_sure_mistake_costs_much_but_not_infinitely_much() -> None:
    outcome = Outcome(np.array([0]), np.array([1]), np.array([[0, 1]], dtype=np.float32))
    assert 10 < compute(outcome, "log_loss")["log_loss"] < 100


def test_a_class_that_is_not_there_has_no_curve() -> None:
    outcome = Outcome(np.array([0, 1]), np.array([0, 1]), np.full((2, 3), 1 / 3))
    assert compute(outcome, "accuracy", "balanced_accuracy") == dict.fromkeys(
        ["accuracy", "balanced_accuracy"], 1
    )
    for name in ("roc_auc", "average_precision"):
        with pytest.raises(UserError, match=f"^{name}_score: a class is not in the test split"):
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


@pytest.mark.parametrize("name", [*NAMES["classification"], *NAMES["regression"]])
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


def test_the_table_warns_of_a_model_that_is_no_better_than_the_trivial_one() -> None:
    summary = {"mean": 0.5, "std": 0.1, "ci_low": 0.4, "ci_high": 0.6}
    metrics = {"accuracy": summary | {"baseline": 0.4}, "log_loss": summary | {"baseline": 0.6}}
    assert "Warning" not in describe(metrics, 5)
    metrics["log_loss"]["baseline"] = 0.5
    table = describe(metrics, 5)
    assert "| over 5 seeds | mean |" in table
    assert "| log_loss | 0.5000 | 0.1000 | 0.4000 … 0.6000 | 0.5000 |" in table
    assert table.endswith("no better than the trivial model, which knows no features, by log_loss.")


def test_a_metric_that_is_not_there_is_named() -> None:
    with pytest.raises(UserError) as caught:
        find_metrics(["mae", "accuracy", "f2"], "regression")
    assert str(caught.value) == (
        "metrics.regression: accuracy, f2 is not in models/metrics.py, which has rmse, mae, "
        "median_absolute_error, r2"
    )
    assert set(NAMES["classification"] + NAMES["regression"]) >= LOWER_IS_BETTER
