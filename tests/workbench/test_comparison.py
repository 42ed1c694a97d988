"""Student's paired t-test."""

import pytest
from workbench.statistics.comparison import paired_t_test


def test_the_paired_t_test() -> None:
    # Mean 2, standard deviation 1: t = 2 √3, with 2 degrees of freedom
    result = paired_t_test([1, 2, 3])
    assert result is not None
    t, p = result
    assert t == pytest.approx(2 * 3**0.5)
    assert p == pytest.approx(0.0741799, rel=1e-5)


def test_equal_differences_have_no_test() -> None:
    assert paired_t_test([1.0, 1.0]) is None
