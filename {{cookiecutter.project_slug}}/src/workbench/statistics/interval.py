"""The error bars of a metric: what varies, by how much, and one interval.

With one split, the interval is for the performance of models trained on this training set: the mean
over all seeds, and over all examples that could have been in the test. Its variance is the sum of
two. With several splits, it is for models trained on training sets of this size. These overlap, for
which C. Nadeau and Y. Bengio, Machine Learning 52, 2003, correct.
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NotRequired, TypedDict

import numpy as np

from .resampling import Scores

Bounds = tuple[float, float]  # the lowest and the highest value that a metric can have
UNBOUNDED = (-math.inf, math.inf)


class Summary(TypedDict):
    """A metric with its error bars. None: not measured, since it was not varied.

    Attributes:
        mean: Over all splits and seeds.
        std: The standard deviation over seeds.
        std_splits: That over the means of the splits.
        std_examples: That over the test examples, as far as all seeds agree on them.
        ci_low: The lower end of the interval.
        ci_high: The upper end.
        baseline: The value of a trivial model.
    """

    mean: float
    std: float | None
    std_splits: float | None
    std_examples: float | None
    ci_low: float | None
    ci_high: float | None
    baseline: NotRequired[float]


@dataclass(frozen=True)
class Error:
    """How far an estimate is from the true value.

    Attributes:
        variance: The standard error, squared.
        freedom: The degrees of freedom of this variance, which is an estimate as well.
    """

    variance: float
    freedom: float

    def find_quantile(self, confidence: float = 0.95) -> float:
        """How many standard errors Student's t interval reaches to each side."""
        from scipy.special import stdtrit

        return float(stdtrit(self.freedom, (1 + confidence) / 2))


def summarize(
    splits: Sequence[Scores], bounds: Bounds = UNBOUNDED, confidence: float = 0.95
) -> Summary:
    """Mean, standard deviation over each source of variation, and one interval.

    Args:
        splits: The scores of each split; one at least.
        bounds: The range of the metric. The interval stays within it.
        confidence: The interval's, such as 0.95.
    """
    means = [float(split.values.mean()) for split in splits]
    mean = statistics.fmean(means)
    seeds = [split.values.var(ddof=1) for split in splits if len(split.values) > 1]
    examples = [error.variance for error in map(find_error_of_examples, splits) if error]
    error = find_error(splits)
    n_units = sum(split.n_units for split in splits)
    ends = find_interval(mean, error, bounds, n_units, confidence) if error else (None, None)
    return {
        "mean": mean,
        "std": math.sqrt(statistics.fmean(seeds)) if seeds else None,
        "std_splits": statistics.stdev(means) if len(means) > 1 else None,
        "std_examples": math.sqrt(statistics.fmean(examples)) if examples else None,
        "ci_low": ends[0],
        "ci_high": ends[1],
    }


def find_error(splits: Sequence[Scores]) -> Error | None:
    """The error of the mean over all splits and seeds; None if nothing was varied."""
    if len(splits) > 1:
        means = [float(split.values.mean()) for split in splits]
        overlap = statistics.fmean(split.n_rows / split.n_train for split in splits)
        return Error(statistics.variance(means) * (1 / len(splits) + overlap), len(splits) - 1)
    (split,) = splits
    examples = find_error_of_examples(split)
    if len(split.values) == 1:
        return examples
    return add_seeds(split.values.tolist(), examples or Error(0.0, 1.0))


# exercise 7: A mean alone says nothing about other seeds, or other test examples. Give the
#   error of the mean over the seeds, to which that of the test examples is added: until then, the
#   tables show `nan` for the interval.
def add_seeds(values: Sequence[float], examples: Error) -> Error:
    """The error of the mean over the seeds, from two sources that are independent.

    Args:
        values: One for each seed, two at least.
        examples: The error that comes from the test examples, the same for every seed.

    Returns:
        The sum of the variances: that of the mean of `values`, and that of the examples. Its
        degrees of freedom are those of F. Satterthwaite, Biometrics Bulletin 2, 1946: the sum
        squared, divided by the sum over both sources of their variance squared, each divided by its
        degrees of freedom. Without any variance, they are those of the examples.

    Raises:
        statistics.StatisticsError: There are fewer than two values.
    """
    seeds = Error(statistics.variance(values) / len(values), len(values) - 1)
    total = seeds.variance + examples.variance
    if total == 0:
        return examples
    parts = sum(error.variance**2 / error.freedom for error in (seeds, examples))
    return Error(total, total**2 / parts)
    #| return Error(math.nan, math.nan)


# end of exercise 7


def find_error_of_examples(split: Scores) -> Error | None:
    """The part of the error that all seeds share, since they are tested on the same examples.

    That is the mean covariance of two seeds over the resamples. What their models disagree on is
    part of the variance over the seeds already.

    Returns:
        None if there are no two units, or if most resamples lack what the metric needs.
    """
    resampled = split.resampled[np.isfinite(split.resampled).all(axis=1)]
    if split.n_units < 2 or len(resampled) * 2 < len(split.resampled):
        return None
    variance = float(resampled.mean(axis=1).var(ddof=1))
    if (n_seeds := len(split.values)) > 1:
        of_one_seed = float(resampled.var(axis=0, ddof=1).mean())
        variance = max(variance - (of_one_seed - variance) / (n_seeds - 1), 0.0)
    variance *= split.fraction * split.n_units / (split.n_units - 1)
    return Error(variance, 1 / (1 / (split.n_units - 1) + 1 / (len(resampled) - 1)))


def find_interval(
    mean: float, error: Error, bounds: Bounds, n_units: float, confidence: float = 0.95
) -> tuple[float, float]:
    """Both ends of an interval that stays within the range of the metric.

    Between two ends, such as 0 and 1, it is that of E. Wilson, Journal of the American Statistical
    Association 22, 1927, for a share: of as many examples as would have this error, or of `n_units`
    where there is none. Where the range has one end, the distance to it has Student's t interval on
    a logarithmic scale.
    """
    low, high = bounds
    t, std = error.find_quantile(confidence), math.sqrt(error.variance)
    if bounds == UNBOUNDED:
        return mean - t * std, mean + t * std
    if low == -math.inf:
        ends = find_interval(-mean, error, (-high, math.inf), n_units, confidence)
        return -ends[1], -ends[0]
    if high == math.inf:
        distance = mean - low
        factor = math.exp(t * std / distance) if distance else 1.0
        return low + distance / factor, low + distance * factor
    share = (mean - low) / (high - low)
    spread = share * (1 - share)
    n_examples = spread * ((high - low) / std) ** 2 if std else n_units
    extra = t**2 / n_examples
    half = math.sqrt(extra * spread + extra**2 / 4)
    ends = (share + extra / 2 - half) / (1 + extra), (share + extra / 2 + half) / (1 + extra)
    return low + max(ends[0], 0) * (high - low), low + min(ends[1], 1) * (high - low)
