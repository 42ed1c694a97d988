"""Intervals: beside closed forms, and in worlds whose truth is known."""

import math

import numpy as np
import pytest
import worlds
from workbench.errors import UserError
from workbench.statistics import resampling
from workbench.statistics.interval import Error, Summary, find_interval, summarize
from workbench.statistics.resampling import Scores, draw, form_blocks, measure
from worlds import BOUNDS, METRICS, Outcome

SHARE = (0.0, 1.0)


def make_outcomes(right: list[list[bool]]) -> list[Outcome]:
    """Make the outcome of each seed from its right answers."""
    outcomes = []
    for answers in right:
        target = np.where(np.arange(len(answers)) % 2 == 0, 1.0, -1.0)
        outcomes.append(Outcome(target, np.where(answers, target, -target)))
    return outcomes


def score(outcomes: list[Outcome], units: np.ndarray | None = None, metric: str = "accuracy") -> Scores:
    rows = np.arange(len(outcomes[0].target)) if units is None else units
    return measure({metric: METRICS[metric]}, outcomes, rows, n_train=1000)[metric]


def wilson(right: int, n: int) -> tuple[float, float]:
    """The interval of a share, as textbooks print it."""
    z, share = 1.959964, right / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return centre - half, centre + half


@pytest.mark.parametrize(("right", "n"), [(200, 400), (380, 400), (399, 400), (70, 70), (0, 70)])
def test_one_model_has_the_interval_of_wilson(right: int, n: int) -> None:
    """The bootstrap has its own error, of a few per cent of the width."""
    summary = summarize([score(make_outcomes([[i < right for i in range(n)]]))], SHARE)
    assert (summary["std"], summary["std_splits"]) == (None, None)
    low, high = wilson(right, n)
    assert summary["ci_low"] == pytest.approx(low, abs=0.1 * (high - low))
    assert summary["ci_high"] == pytest.approx(high, abs=0.1 * (high - low))


def test_models_that_are_equal_count_as_one() -> None:
    one = make_outcomes([[i % 10 > 0 for i in range(200)]])
    several = summarize([score(one * 5)], SHARE)
    assert several["std"] == 0
    assert several["ci_low"] == pytest.approx(summarize([score(one)], SHARE)["ci_low"])


def test_examples_that_seeds_agree_on_have_the_covariance_of_two_seeds() -> None:
    """Half of the wrong answers are every seed's. The others, one seed's each, are part of its variance."""
    n = 4000
    wrong = [{*range(0, 200), *range(200 * seed + 200, 200 * seed + 400)} for seed in range(5)]
    summary = summarize([score(make_outcomes([[i not in rows for i in range(n)] for rows in wrong]))], SHARE)
    covariance = 0.05 - 0.1**2  # both wrong, less the product of the shares
    assert summary["std_examples"] == pytest.approx(math.sqrt(covariance / n), rel=0.15)


def test_variances_of_seeds_and_examples_are_added() -> None:
    values = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    same = Scores(values, np.tile(values, (400, 1)), 1.0, 100, 100, 300)
    summary = summarize([same])
    half = 2.7764451 * math.sqrt(2.5 / 5)  # Student's t with 4 degrees of freedom
    assert summary["std_examples"] == 0
    assert (summary["ci_low"], summary["ci_high"]) == pytest.approx((3 - half, 3 + half))
    shifts = np.tile([[-1.0], [1.0]], (200, 5))  # a variance of 1, of all seeds together
    both = summarize([Scores(values, values + shifts, 1.0, 100, 100, 300)])
    assert both["std_examples"] == pytest.approx(1, rel=0.01)
    total = 2.5 / 5 + 1 * 400 / 399 * 100 / 99
    freedom = total**2 / (0.5**2 / 4 + (total - 0.5) ** 2 * (1 / 99 + 1 / 399))
    t = Error(total, freedom).find_quantile()
    assert 1.98 < t < 2.1
    assert both["ci_high"] == pytest.approx(3 + t * math.sqrt(total))


def test_several_splits_have_the_correction_of_nadeau_and_bengio() -> None:
    splits = [Scores(np.array([mean]), np.full((400, 1), mean), 1.0, 50, 50, 200) for mean in (1.0, 2.0, 3.0)]
    summary = summarize(splits)
    assert (summary["std"], summary["std_splits"]) == (None, 1)
    half = 4.3026527 * math.sqrt(1 / 3 + 50 / 200)  # Student's t with 2 degrees of freedom
    assert summary["ci_low"] == pytest.approx(2 - half)


@pytest.mark.parametrize("bounds", [SHARE, (-math.inf, 1.0), (0.0, math.inf)])
@pytest.mark.parametrize("mean", [0.0, 0.001, 0.5, 0.999, 1.0])
def test_an_interval_stays_within_its_range(bounds: tuple[float, float], mean: float) -> None:
    std = 0.0 if mean in bounds else 0.1
    low, high = find_interval(mean, Error(std**2, 4), bounds, n_units=70)
    assert bounds[0] <= low <= mean <= high <= bounds[1]
    assert math.isfinite(low)
    assert math.isfinite(high)
    if std or bounds == SHARE:
        assert low < high


def test_what_belongs_together_is_drawn_together() -> None:
    units = np.array([0, 1, 1, 2, 0, 1])
    for rows in draw(units, 3):
        counts = np.bincount(rows, minlength=6)
        assert counts[0] == counts[4]
        assert counts[1] == counts[2] == counts[5]
        assert counts[0] + counts[1] + counts[3] == 3
    alike = make_outcomes([[i // 20 % 5 > 0 for i in range(400)]])  # 20 groups of 20, each right or wrong
    of_rows = summarize([score(alike)], SHARE)["std_examples"]
    of_groups = summarize([score(alike, np.arange(400) // 20)], SHARE)["std_examples"]
    assert of_rows == pytest.approx(math.sqrt(0.8 * 0.2 / 399), rel=0.1)
    assert of_groups == pytest.approx(math.sqrt(0.8 * 0.2 / 19), rel=0.1)


def test_blocks_follow_time() -> None:
    blocks = form_blocks(np.array([5, 1, 9, 1, 7, 3, 3, 8, 2]))
    assert blocks.tolist() == [1, 0, 2, 0, 2, 1, 1, 2, 0]
    assert form_blocks(np.zeros(9, dtype=np.int64)).tolist() == [0] * 9


def test_a_part_of_many_rows_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes = make_outcomes([[i % 5 > 0 for i in range(4000)]])
    whole = score(outcomes)
    monkeypatch.setattr(resampling, "MAX_ROWS", 500)
    part = score(outcomes)
    assert (whole.fraction, part.fraction) == (1, 1 / 8)
    stds = [summarize([scores], SHARE)["std_examples"] for scores in (whole, part)]
    assert stds == pytest.approx([math.sqrt(0.8 * 0.2 / 4000)] * 2, rel=0.1)


def test_where_most_resamples_lack_a_class_the_examples_are_not_measured() -> None:
    def first(outcome: Outcome) -> float:
        if 0.0 not in outcome.predicted:
            raise UserError("the first row is not there")
        return float(outcome.predicted.mean())

    outcome = Outcome(np.zeros(100), np.arange(100.0))
    few = measure({"first": first}, [outcome], np.arange(100), 100)["first"]
    assert 0.5 < np.isfinite(few.resampled).mean() < 0.75  # 1 - 1/e
    assert summarize([few])["std_examples"] is not None
    fewer = Scores(few.values, np.where(np.arange(400) < 250, np.nan, few.resampled.T).T, 1.0, 100, 100, 100)
    assert summarize([fewer])["std_examples"] is None
    assert summarize([fewer])["ci_low"] is None


def test_the_same_numbers_each_time() -> None:
    outcomes = make_outcomes([[i % 7 > 0 for i in range(50)]])
    assert (score(outcomes).resampled == score(outcomes).resampled).all()


def count_hits(summaries: list[Summary], truths: list[float]) -> float:
    ends = [(summary["ci_low"], summary["ci_high"]) for summary in summaries]
    return float(np.mean([low <= truth <= high for (low, high), truth in zip(ends, truths, strict=True)]))


@pytest.mark.exhaustive
@pytest.mark.parametrize("n_seeds", [3, 5])
def test_coverage_with_one_split(n_seeds: int) -> None:
    """The truth is the mean over 200 seeds of models that are trained on this training set."""
    summaries: dict[str, list[Summary]] = {name: [] for name in METRICS}
    truths: dict[str, list[float]] = {name: [] for name in METRICS}
    for world in range(1000):
        generator = np.random.default_rng([n_seeds, world])
        slope = generator.normal(size=worlds.N_COLUMNS)
        train = worlds.draw_rows(slope, 100, generator)
        columns, target = worlds.draw_rows(slope, 200, generator)
        outcomes = [Outcome(target, columns @ fitted) for fitted in worlds.fit(*train, n_seeds, generator)]
        truth = worlds.find_truth(slope, worlds.fit(*train, 200, generator))
        for name, scores in measure(METRICS, outcomes, np.arange(200), 100).items():
            summaries[name].append(summarize([scores], BOUNDS[name]))
            truths[name].append(truth[name])
    hits = {name: count_hits(summaries[name], truths[name]) for name in METRICS}
    print(hits)
    assert all(0.93 <= share <= 0.97 for share in hits.values()), hits


@pytest.mark.exhaustive
@pytest.mark.parametrize("n_splits", [5, 10])
def test_coverage_with_overlapping_splits(n_splits: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The truth is the mean over the models of all worlds, whose training sets have this size."""
    monkeypatch.setattr(resampling, "RESAMPLES", 2)  # with several splits, the interval needs none
    slope = np.random.default_rng(0).normal(size=worlds.N_COLUMNS)
    summaries: dict[str, list[Summary]] = {name: [] for name in METRICS}
    truths: list[dict[str, float]] = []
    for world in range(1000):
        generator = np.random.default_rng([n_splits, world])
        columns, target = worlds.draw_rows(slope, 300, generator)
        splits = []
        for _ in range(n_splits):
            train, test = np.split(generator.permutation(300), [240])
            slopes = worlds.fit(columns[train], target[train], 5, generator)
            outcomes = [Outcome(target[test], columns[test] @ fitted) for fitted in slopes]
            truths.append(worlds.find_truth(slope, slopes))
            splits.append(measure(METRICS, outcomes, np.arange(60), 240))
        for name, of_metric in summaries.items():
            of_metric.append(summarize([split[name] for split in splits], BOUNDS[name]))
    hits = {
        name: count_hits(summaries[name], [float(np.mean([truth[name] for truth in truths]))] * 1000)
        for name in METRICS
    }
    print(hits)
    assert all(share >= 0.93 for share in hits.values()), hits
