"""Whether a difference between two models is more than chance."""

import math
import statistics
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import TypedDict

import numpy as np

from .interval import Bounds, Error, Summary, find_error, find_error_of_examples, summarize
from .resampling import Scores

POWER = 0.8  # of a test at 5 %: how often it finds a difference that is there


class Difference(TypedDict):
    """How much worse a candidate is than the best one.

    Attributes:
        mean: Over the same splits, seeds and examples.
        ci_low: The lower end of the 95 % interval; None if nothing was varied.
        ci_high: The upper end.
        p: The p-value of the two-sided t-test; None without any variance.
        p_holm: The same, corrected for the number of pairs of candidates.
    """

    mean: float
    ci_low: float | None
    ci_high: float | None
    p: float | None
    p_holm: float | None


def compare(
    candidates: Mapping[str, Sequence[Scores]], bounds: Bounds
) -> tuple[dict[str, Summary], dict[str, Difference]]:
    """Rank candidates by a loss, and test each against the best one.

    Args:
        candidates: For each its loss on each split, from the same seeds and examples.
        bounds: The range of the loss.

    Returns:
        The loss of each candidate, from the best to the worst; and the differences of all but the
        best from it.
    """
    summaries = {name: summarize(splits, bounds) for name, splits in candidates.items()}
    ranked = sorted(summaries, key=lambda name: (summaries[name]["mean"], name))
    # Any of them could have come out as the best one, so the correction is for all pairs.
    gaps = {
        (better, worse): subtract(candidates[worse], candidates[better])
        for better, worse in combinations(ranked, 2)
    }
    p_values = {pair: paired_t_test(splits) for pair, splits in gaps.items()}
    known = {pair: p for pair, p in p_values.items() if p is not None}
    adjusted = dict(zip(known, adjust(list(known.values())), strict=True))
    differences: dict[str, Difference] = {}
    for name in ranked[1:]:
        pair = ranked[0], name
        summary = summarize(gaps[pair])
        differences[name] = {
            "mean": summary["mean"],
            "ci_low": summary["ci_low"],
            "ci_high": summary["ci_high"],
            "p": p_values[pair],
            "p_holm": adjusted.get(pair),
        }
    return {name: summaries[name] for name in ranked}, differences


def subtract(first: Sequence[Scores], second: Sequence[Scores]) -> list[Scores]:
    """The difference of two candidates on each split."""
    return [a - b for a, b in zip(first, second, strict=True)]


def paired_t_test(gaps: Sequence[Scores]) -> float | None:
    """The two-sided p value of a mean difference of 0.

    With several splits, it is the corrected resampled t-test of Nadeau and Bengio (see `interval`).

    Returns:
        None without any variance, as there is nothing to compare the difference with.
    """
    from scipy.special import stdtr  # the distribution of Student's t

    error = find_error(gaps)
    if not error or not error.variance:
        return None
    mean = statistics.fmean(float(gap.values.mean()) for gap in gaps)
    return float(2 * stdtr(error.freedom, -abs(mean) / math.sqrt(error.variance)))


def adjust(p_values: Sequence[float]) -> list[float]:
    """Correct p values for their number: S. Holm, Scandinavian Journal of Statistics 6, 1979.

    The smallest p value is multiplied by their number, the next one by one less, and so on, which
    keeps the probability of any false finding below the level of the test.
    """
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for rank, place in enumerate(np.argsort(p_values, kind="stable")):
        highest = max(highest, min(1.0, p_values[place] * (len(p_values) - rank)))
        adjusted[place] = highest
    return adjusted


def explain(first: str, second: str, gaps: Sequence[Scores], p: float | None) -> str:
    """Say whether the data can tell two candidates apart, or how much more data that would take."""
    if p is None:
        return f"The difference between {first} and {second} is always the same."
    if p < 0.05:
        return f"The data can tell {first} and {second} apart (p = {p:.2g})."
    needs = " or ".join(find_needs(gaps)) or "more data, and not more splits of it"
    return (
        f"The data cannot tell {first} and {second} apart (p = {p:.2g}). To find a difference of "
        f"this size in {100 * POWER:.0f} % of all cases, it would take about {needs}."
    )


def find_needs(gaps: Sequence[Scores]) -> list[str]:
    """How many splits, seeds or examples would be enough, each with as many of the others as now.

    Returns:
        Such as `12 seeds`. What would not be enough in any number is left out; if neither seeds nor
        examples are, how many of both.
    """
    means = [float(gap.values.mean()) for gap in gaps]
    mean = abs(statistics.fmean(means))
    if len(gaps) > 1:
        overlap = statistics.fmean(gap.n_rows / gap.n_train for gap in gaps)
        variance = statistics.variance(means)
        return [f"{n:,} splits" for n in _count(mean, variance, variance * overlap)]
    (gap,) = gaps
    n_seeds = len(gap.values)
    of_examples = (find_error_of_examples(gap) or Error(0.0, 1.0)).variance
    of_seeds = float(gap.values.var(ddof=1)) / n_seeds if n_seeds > 1 else 0.0
    seeds = _count(mean, of_seeds * n_seeds, of_examples)
    examples = _count(mean, of_examples * gap.n_rows, of_seeds)
    if seeds or examples:
        return [*(f"{n:,} seeds" for n in seeds), *(f"{n:,} examples" for n in examples)]
    return [
        f"{n:,} seeds with {math.ceil(n / n_seeds * gap.n_rows):,} examples"
        for n in _count(mean, (of_seeds + of_examples) * n_seeds, 0.0)
    ]


def _count(mean: float, variance: float, rest: float) -> list[int]:
    """The number of seeds, splits or examples that would be enough, if there is one.

    Args:
        mean: The difference to be found.
        variance: That of one seed, split or example, which is divided by their number.
        rest: The variance that does not depend on their number.
    """
    if not variance or rest >= (mean / _find_distance(math.inf)) ** 2:
        return []
    n = 2
    while variance / n + rest > (mean / _find_distance(n - 1)) ** 2:
        n += 1 + n // 50  # to 2 %
    return [n]


def _find_distance(freedom: float) -> float:
    """How many standard errors a mean has to be away from 0 to be found."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, 0.975) + stdtrit(freedom, POWER))
