"""What is fitted on rows for calibration: beside what was planted, and in worlds whose truth is known."""

import numpy as np
import pytest
from numpy.typing import NDArray
from workbench.errors import UserError
from workbench.statistics.recalibration import (
    Counts,
    choose_threshold,
    find_reach,
    fit_temperature,
    require_rows,
)


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True)


def balanced_accuracy(counts: Counts) -> NDArray[np.float64]:
    found = counts.hits / (counts.hits + counts.misses)
    return (found + counts.rejections / (counts.rejections + counts.false_alarms)) / 2


@pytest.mark.parametrize("factor", [1 / 3, 1.0, 3.0])
def test_the_temperature_that_was_planted_is_found(factor: float) -> None:
    """The classes are drawn by the probabilities, whose logits are then multiplied."""
    generator = np.random.default_rng(0)
    logits = generator.normal(0, 1.5, (20_000, 4))
    truth = (generator.random((20_000, 1)) > softmax(logits).cumsum(axis=1)).sum(axis=1)
    temperature = fit_temperature(softmax(factor * logits).astype(np.float32), truth)
    assert temperature == pytest.approx(factor, rel=0.03)


def test_a_class_that_was_said_to_be_impossible_does_not_break_it() -> None:
    probabilities = np.array([[1.0, 0.0]] * 10)
    truth = np.array([0] * 9 + [1])
    assert 1 < fit_temperature(probabilities, truth) < 20


@pytest.mark.parametrize(("wrong", "message"), [(0, "are all right"), (9, "are no better than chance")])
def test_without_a_best_temperature_a_line_says_why(wrong: int, message: str) -> None:
    probabilities = np.array([[0.75, 0.25]] * 10)
    truth = (np.arange(10) < wrong).astype(np.int64)
    with pytest.raises(UserError, match=f"on the 10 rows for calibration, the model's answers {message}"):
        fit_temperature(probabilities, truth)


def test_the_threshold_of_a_rare_class_is_low() -> None:
    """Of two normal distributions, Youden's J is highest where both are as dense: a score of 0.05 here."""
    generator = np.random.default_rng(0)
    truth = np.arange(40_000) % 20 == 0
    strength = generator.normal(np.where(truth, 2.0, 0.0))
    odds = np.exp(2 * strength - 2) / 19  # of the rare class, by Bayes
    threshold = choose_threshold((odds / (1 + odds)).astype(np.float32), truth, balanced_accuracy)
    assert threshold == pytest.approx(0.05, abs=0.02)


def test_the_threshold_is_the_best_of_all() -> None:
    """With many equal scores, and a criterion of one's own."""
    generator = np.random.default_rng(1)
    scores = (generator.integers(0, 12, 60) / 12).astype(np.float32)
    truth = generator.random(60) < scores

    def cost(counts: Counts) -> NDArray[np.float64]:
        return -5.0 * counts.misses - counts.false_alarms

    def measure(threshold: float) -> float:
        predicted = scores >= threshold
        return -5.0 * (truth & ~predicted).sum() - (~truth & predicted).sum()

    found = choose_threshold(scores, truth, cost)
    assert found not in scores
    assert measure(found) == max(measure(threshold) for threshold in np.linspace(0, 1, 1001))


def test_a_gap_between_the_classes_has_its_threshold_in_the_middle() -> None:
    scores = np.array([0.1, 0.2, 0.7, 0.9], dtype=np.float32)
    assert choose_threshold(scores, scores > 0.5, balanced_accuracy) == pytest.approx(0.45)
    next_to_each_other = np.array([0.5, np.nextafter(np.float32(0.5), np.float32(1))], dtype=np.float32)
    found = choose_threshold(next_to_each_other, np.array([False, True]), balanced_accuracy)
    assert (next_to_each_other >= np.float32(found)).tolist() == [False, True]


@pytest.mark.parametrize(
    ("n_rows", "coverage", "place"),
    [(9, 0.9, 9), (19, 0.9, 18), (20, 0.9, 19), (69, 0.7, 49), (99, 0.95, 95)],
)
def test_the_reach_is_the_error_of_the_right_place(n_rows: int, coverage: float, place: int) -> None:
    errors = np.random.default_rng(0).permutation(n_rows) + 1.0
    assert find_reach(errors, coverage) == place


@pytest.mark.parametrize(("n_rows", "coverage", "needed"), [(8, 0.9, 9), (18, 0.95, 19), (98, 0.99, 99)])
def test_too_few_rows_are_refused(n_rows: int, coverage: float, needed: int) -> None:
    with pytest.raises(UserError, match=f"{n_rows} rows for calibration are too few .* takes {needed} "):
        find_reach(np.zeros(n_rows), coverage)
    require_rows(needed, coverage)
    assert find_reach(np.arange(needed), coverage) == needed - 1


@pytest.mark.parametrize(
    "n_worlds", [pytest.param(100, id="quick"), pytest.param(1000, marks=pytest.mark.exhaustive)]
)
def test_intervals_hold_as_many_true_values_as_they_promise(n_worlds: int) -> None:
    """Whatever the model: here its mean is wrong, and its errors are skewed."""
    covered = []
    for world in range(n_worlds):
        generator = np.random.default_rng([7, world])
        errors = generator.exponential(1.0, 60 + 400) - 0.3
        reach = find_reach(np.abs(errors[:60]), 0.9)
        covered.append((np.abs(errors[60:]) <= reach).mean())
    assert 0.88 < np.mean(covered) < 0.92
