"""Whether probabilities are right: does 80 % of what gets a probability of 80 % happen?"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .interval import Error, find_interval

N_BINS = 10  # with as many rows each, so that none is known much worse than the others


@dataclass(frozen=True)
class Reliability:
    """The points of a reliability diagram.

    Attributes:
        probability: The mean predicted probability of each bin, float64 [b].
        share: How often the class was there, float64 [b].
        low: The lower end of the 95 % interval of the share, float64 [b].
        high: The upper end.
    """

    probability: NDArray[np.float64]
    share: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def form_bins(probability: NDArray[np.floating]) -> NDArray[np.int64]:
    """The number of each row's bin, from 0 [n]: by quantiles, and equal probabilities together."""
    n_bins = min(N_BINS, len(probability))
    edges = np.quantile(probability, np.arange(1, n_bins) / n_bins)
    return np.searchsorted(edges, probability, side="left")


def measure_reliability(
    truth: NDArray[np.bool_], probability: NDArray[np.floating], n_models: float = 1
) -> Reliability:
    """Compare probabilities with what happened, bin by bin.

    Args:
        truth: Whether the class is there [n].
        probability: How probable it was said to be [n].
        n_models: How many models have predicted a row, on average. Each bin counts as so many times
            fewer examples, since a row that is there twice is one example.
    """
    bins = form_bins(probability)
    n_rows = np.bincount(bins)
    used = n_rows > 0
    means = (np.bincount(bins, values)[used] / n_rows[used] for values in (probability, truth))
    probabilities, shares = means
    ends = []
    for share, n in zip(shares.tolist(), (n_rows[used] / n_models).tolist(), strict=True):
        error = Error(share * (1 - share) / n, max(n - 1, 1))
        ends.append(find_interval(share, error, (0.0, 1.0), n))
    low, high = np.array(ends).T
    return Reliability(probabilities, shares, low, high)
