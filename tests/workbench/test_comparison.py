"""Differences between models, and tests of them."""

import math

import numpy as np
import pytest
from workbench.statistics.comparison import adjust, compare, explain, find_needs, paired_t_test, subtract
from workbench.statistics.resampling import Scores


def score(*values: float, shift: float = 0.0, n_rows: int = 100) -> Scores:
    """The loss for each seed; half of the resamples lie above it, and half below."""
    shifts = np.tile([[-shift], [shift]], (200, len(values)))
    return Scores(np.array(values), np.array(values) + shifts, 1.0, n_rows, n_rows, 4 * n_rows)


def test_the_paired_t_test() -> None:
    # Mean 2, standard deviation 1: t = 2 √3, with 2 degrees of freedom
    assert paired_t_test([score(1, 2, 3)]) == pytest.approx(0.0741799, rel=1e-5)
    assert paired_t_test([score(-1, -2, -3)]) == pytest.approx(0.0741799, rel=1e-5)
    assert paired_t_test([score(1, 1)]) is None


def test_overlapping_splits_have_the_corrected_test() -> None:
    # The variance of the mean is 1 / 3 + 1 / 4 of theirs, not 1 / 3: t = 2.6186 instead of 3.4641
    splits = [score(1), score(2), score(3)]
    assert paired_t_test(splits) == pytest.approx(0.1201173, rel=1e-5)


def test_examples_make_a_difference_less_sure() -> None:
    sure = paired_t_test([score(1, 1.1, 0.9, 1, 1)])
    unsure = paired_t_test([score(1, 1.1, 0.9, 1, 1, shift=1)])
    assert sure is not None
    assert unsure is not None
    assert sure < 1e-4 < 0.3 < unsure


def test_what_two_models_share_does_not_count() -> None:
    """Both losses vary with the examples, and their difference does not."""
    gaps = subtract([score(2, 2.2, 2.1, shift=1)], [score(1, 1.1, 1.2, shift=1)])
    assert gaps[0].resampled.std(axis=0) == pytest.approx(0, abs=1e-12)
    assert gaps[0].values.tolist() == pytest.approx([1, 1.1, 0.9])


def test_the_correction_of_holm() -> None:
    assert adjust([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert adjust([0.6, 0.6]) == [1, 1]
    assert adjust([]) == []


def test_candidates_are_compared_with_the_best() -> None:
    losses = {"c": [score(3, 3.18)], "a": [score(1, 1.2)], "b": [score(1.1, 1.25)]}
    summaries, differences = compare(losses, (0.0, math.inf))
    assert list(summaries) == ["a", "b", "c"]
    assert list(differences) == ["b", "c"]
    gap = differences["c"]
    assert gap["mean"] == pytest.approx(1.99)
    assert (gap["ci_low"], gap["ci_high"]) == pytest.approx((1.99 - 12.7062 * 0.01, 1.99 + 12.7062 * 0.01))
    assert gap["p"] is not None
    assert gap["p_holm"] == pytest.approx(3 * gap["p"])  # of three pairs


def test_what_it_would_take() -> None:
    assert find_needs([score(1, 2, 3)]) == ["5 seeds"]
    of_examples = find_needs([score(1, 1, 1, shift=1)])  # of a variance of 1, 1 / 2.8² is left
    assert len(of_examples) == 1
    assert 780 <= int(of_examples[0].removesuffix(" examples")) <= 840
    both = find_needs([score(0, 1, 2, shift=1)])
    assert len(both) == 1
    assert " seeds with " in both[0]
    # Of splits, the variance 1 / 4 that overlapping leaves may be more than there is room for.
    assert find_needs([score(1), score(2), score(3)]) == ["8 splits"]
    assert find_needs([score(0), score(1), score(2)]) == []
    assert "more data" in explain("a", "b", [score(0), score(1), score(2)], 0.4)


def test_the_verdict() -> None:
    assert explain("a", "b", [score(1, 1)], None) == "The difference between a and b is always the same."
    assert explain("a", "b", [score(1, 2)], 0.01) == "The data can tell a and b apart (p = 0.01)."
    assert "cannot tell a and b apart (p = 0.3)" in explain("a", "b", [score(1, 2)], 0.3)
