"""The table of metrics, and reliability diagrams."""

import numpy as np
import pytest
from workbench.statistics.calibration import form_bins, measure_reliability
from workbench.statistics.interval import Summary, summarize
from workbench.statistics.resampling import Scores
from workbench.statistics.table import describe


def make(n_splits: int, n_seeds: int, n_units: int = 100) -> tuple[list[Scores], Summary]:
    values = np.linspace(0.4, 0.6, n_seeds)
    shifts = np.tile([[-0.1], [0.1]], (200, n_seeds))
    splits = [Scores(values + i / 10, values + shifts, 1.0, n_units, 100, 300) for i in range(n_splits)]
    summary = summarize(splits)
    summary["baseline"] = 0.25
    return splits, summary


@pytest.mark.parametrize(
    ("n_splits", "n_seeds", "covered", "trained"),
    [
        (1, 1, "test rows", "this training set"),
        (1, 2, "seeds and test rows", "this training set"),
        (2, 2, "seeds, splits and test rows", "training sets of this size"),
    ],
)
def test_the_table_says_what_it_covers(n_splits: int, n_seeds: int, covered: str, trained: str) -> None:
    splits, summary = make(n_splits, n_seeds)
    text = describe({"mae": summary}, splits)
    assert f"performance of models trained on {trained}." in text
    assert f"The 95 % interval covers {covered}." in text
    head, _, row = ([c.strip() for c in line.split("|")][1:-1] for line in text.splitlines()[-3:])
    measured = {"seeds": n_seeds > 1, "splits": n_splits > 1, "rows": True}
    assert head[2:-2] == [source for source in measured if measured[source]]
    missing = ", ".join(source for source in measured if not measured[source])
    assert ("Not measured" in text) == bool(missing)
    assert row[-2] == f"{summary['ci_low']:.4f} … {summary['ci_high']:.4f}"
    assert row[-1] == "0.2500"
    assert n_splits > 1 or max(map(len, text.splitlines())) <= 80
    assert "Warning" not in text


def test_the_table_warns_of_a_model_that_is_no_better_than_the_trivial_one() -> None:
    splits, summary = make(1, 2, n_units=10)
    text = describe({"mae": summary, "r2": summary}, splits, worse=["mae", "r2"])
    assert "Over 2 seeds and 100 test rows in 10 groups or blocks" in text
    assert text.endswith("no better than the trivial model, which knows no features, by mae, r2.")


def test_bins_have_as_many_rows_each() -> None:
    probability = np.random.default_rng(0).random(1000)
    bins = form_bins(probability)
    assert np.bincount(bins).tolist() == [100] * 10
    assert (np.diff(bins[np.argsort(probability)]) >= 0).all()
    assert len(set(form_bins(np.array([0.1, 0.5, 0.5, 0.5, 0.9])))) == 3  # equal ones stay together


def test_the_share_of_a_bin_has_an_interval() -> None:
    truth, probability = np.arange(400) % 4 > 0, np.full(400, 0.8)
    one = measure_reliability(truth, probability)
    assert (one.probability.tolist(), one.share.tolist()) == ([pytest.approx(0.8)], [0.75])
    # Wilson's interval of 300 of 400, with a quantile of t of 1.966 instead of 1.960
    assert (one.low[0], one.high[0]) == pytest.approx((0.7053, 0.7900), abs=5e-4)
    four = measure_reliability(np.tile(truth, 4), np.tile(probability, 4), n_models=4)
    assert four.low == pytest.approx(one.low)
