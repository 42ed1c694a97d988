"""Whether a difference between two models is more than chance."""

from collections.abc import Sequence


def paired_t_test(differences: Sequence[float]) -> tuple[float, float] | None:
    """Student's paired t-test, whose null hypothesis is a mean difference of 0.

    Args:
        differences: One per seed, two at least.

    Returns:
        t and its two-sided p value; None if all differences are the same, as there is no spread to
        compare them with.
    """
    from scipy.stats import ttest_1samp  # of the differences: the paired test

    if len(set(differences)) == 1:
        return None
    result = ttest_1samp(differences, 0)
    return float(result.statistic), float(result.pvalue)
