"""How much a metric depends on which examples happen to be in the test split: the bootstrap.

B. Efron and R. Tibshirani, "An Introduction to the Bootstrap", 1993.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError

RESAMPLES = 400  # for a variance, not for its percentiles: its relative error is √(2 / 400), 7 %
MAX_ROWS = 2**13  # of a resample
MIN_UNITS = 50  # of a resample of groups or blocks, if there are as many
Rows = NDArray[np.int64]


class Outcome(Protocol):
    """What is true and what one model predicts, for each row."""

    def take(self, rows: Rows) -> Self:
        """Select the rows [m], which may contain repeats."""
        ...


AnyOutcome = TypeVar("AnyOutcome", bound=Outcome)


@dataclass(frozen=True)
class Scores:
    """One metric of the models of one split, of which only the seed differs.

    Attributes:
        values: The metric of each seed on all test rows, float64 [r].
        resampled: The same on each resample of the test rows, float64 [b, r]; NaN where the
            metric is not defined, such as the area under a curve without its class.
        fraction: The size of a resample as a fraction of the test split.
        n_units: Test examples that are independent of each other: rows, groups or blocks in time.
        n_rows: Rows of the test split.
        n_train: Rows of the training split.
    """

    values: NDArray[np.float64]
    resampled: NDArray[np.float64]
    fraction: float
    n_units: int
    n_rows: int
    n_train: int

    def __sub__(self, other: Self) -> "Scores":
        """The difference for the same seeds, on the same test rows and resamples of them."""
        values, resampled = self.values - other.values, self.resampled - other.resampled
        sizes = self.fraction, self.n_units, self.n_rows, self.n_train
        return Scores(values, resampled, *sizes)


def measure(
    metrics: Mapping[str, Callable[[AnyOutcome], float]],
    outcomes: Sequence[AnyOutcome],
    units: Rows,
    n_train: int,
) -> dict[str, Scores]:
    """Compute metrics of the models of one split on its test rows, and on resamples of them.

    Every call draws the same resamples of the same units, so that its results can be subtracted
    from those of other models.

    Args:
        metrics: Functions by their names.
        outcomes: What each seed predicts, on the same test rows.
        units: For each test row the number of its unit, from 0 [n]. Whole units are drawn.
        n_train: Rows of the training split.

    Raises:
        UserError: A metric is not defined on the test split.
    """
    functions = list(metrics.values())
    values = np.array([[metric(outcome) for outcome in outcomes] for metric in functions])
    resampled = np.full((RESAMPLES, *values.shape), np.nan)
    n_units = int(units.max()) + 1
    size = _choose_size(len(units), n_units)
    for scores, rows in zip(resampled, draw(units, size), strict=True):
        for seed, outcome in enumerate(outcomes):
            sample = outcome.take(rows)
            for place, metric in enumerate(functions):
                scores[place, seed] = _try(metric, sample)
    sizes = size / n_units, n_units, len(units), n_train
    return {
        name: Scores(values[place], resampled[:, place], *sizes)
        for place, name in enumerate(metrics)
    }


def draw(units: Rows, size: int) -> Iterator[Rows]:
    """Draw the rows of `size` units, with replacement, `RESAMPLES` times."""
    generator = np.random.default_rng(0)
    n_rows = np.bincount(units)
    order, starts = np.argsort(units, kind="stable"), np.cumsum(n_rows) - n_rows
    for _ in range(RESAMPLES):
        drawn = generator.integers(len(n_rows), size=size)
        counts = n_rows[drawn]
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        yield order[np.repeat(starts[drawn], counts) + within]


def form_blocks(times: Rows) -> Rows:
    """Put rows that follow each other in time into blocks, which are nearly independent.

    Args:
        times: The rank of each row in time [n]; the same for those of the same time.

    Returns:
        For each row the number of its block [n]. There are about √n blocks of √n rows: E.
        Carlstein, Annals of Statistics 14, 1986.
    """
    n_blocks = max(round(len(times) ** 0.5), 1)
    _, times, counts = np.unique(times, return_inverse=True, return_counts=True)
    before = (np.cumsum(counts) - counts)[times]
    _, blocks = np.unique(before * n_blocks // len(times), return_inverse=True)
    return blocks


def _choose_size(n_rows: int, n_units: int) -> int:
    """How many units a resample has.

    For a large test split it is a part, whose variance is scaled: the m out of n bootstrap of P.
    Bickel, F. Götze and W. van Zwet, Statistica Sinica 7, 1997.
    """
    return min(n_units, max(MIN_UNITS, round(n_units * MAX_ROWS / n_rows)))


def _try(metric: Callable[[AnyOutcome], float], sample: AnyOutcome) -> float:
    try:
        return metric(sample)
    except UserError:
        return float("nan")
