"""Predictions, the metrics that come from them, and their error bars."""

import json
import shutil
import statistics
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from polars.testing import assert_frame_equal
from sklearn.metrics import log_loss

from workbench import streaming
from workbench.errors import UserError

from {{ cookiecutter.package_name }}.config import Config
from {{ cookiecutter.package_name }}.models.metrics import compute_metrics, summarize
from {{ cookiecutter.package_name }}.models.predict_model import predict_model


def to_predictions(
    labels: NDArray[np.int64], predicted: NDArray[np.int64], probabilities: NDArray[np.float32]
) -> pl.LazyFrame:
    """The rows of `predictions.parquet` that metrics are computed from."""
    names = [f"probability_{i}" for i in range(probabilities.shape[1])]
    table = pl.DataFrame({"label": labels, "predicted": predicted})
    return table.hstack(pl.DataFrame(probabilities, schema=names)).lazy()


def test_metrics_of_a_case_worked_out_by_hand() -> None:
    predicted = np.array([0, 1, 1, 1])
    probabilities = np.full((4, 3), 0.25, dtype=np.float32)
    probabilities[np.arange(4), predicted] = 0.5
    table = to_predictions(np.array([0, 0, 1, 2]), predicted, probabilities)
    assert compute_metrics(table) == pytest.approx(
        {
            "accuracy": 2 / 4,
            "macro_f1": (2 / 3 + 2 / 4 + 0) / 3,
            "log_loss": -(2 * np.log(0.5) + 2 * np.log(0.25)) / 4,
        }
    )


def test_the_log_loss_has_the_bits_of_scikit_learn() -> None:
    generator = np.random.default_rng(0)
    probabilities = generator.dirichlet(np.ones(5), size=1000).astype(np.float32)
    labels, predicted = generator.integers(4, size=1000), probabilities.argmax(axis=1)
    found = compute_metrics(to_predictions(labels, predicted, probabilities))["log_loss"]
    assert found == log_loss(labels, probabilities, labels=range(5))


def test_more_rows_than_fit_give_the_same(
    config: Callable[..., Config], project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "ROWS", 100)
    expected = json.loads((project / "reports/metrics.json").read_text())
    assert predict_model(config())["log_loss"] == pytest.approx(expected["log_loss"])
    files = [folder / "predictions.parquet" for folder in (tmp_path, project / "reports")]
    assert_frame_equal(*map(pl.read_parquet, files))
    examples = [folder / "examples.json" for folder in (tmp_path, project / "reports")]
    assert examples[0].read_bytes() == examples[1].read_bytes()


def test_the_interval_is_student_t() -> None:
    # The 97.5 % quantile of t with 4 degrees of freedom is 2.776 in every printed table.
    summary = summarize([1.0, 2.0, 3.0, 4.0, 5.0])
    half = 2.7764451 * (2.5 / 5) ** 0.5
    assert summary == pytest.approx(
        {"mean": 3, "std": 2.5**0.5, "ci_low": 3 - half, "ci_high": 3 + half}
    )


def test_one_seed_has_no_error_bar() -> None:
    with pytest.raises(statistics.StatisticsError):
        summarize([1.0])


def test_metrics_come_from_the_predictions(project: Path) -> None:
    metrics = json.loads((project / "reports/metrics.json").read_text())
    predictions = pl.read_parquet(project / "reports/predictions.parquet")
    assert predictions.height == 2 * 360
    right = (pl.col("label") == pl.col("predicted")).mean()
    by_seed = predictions.group_by("seed").agg(right)["label"]
    assert metrics["accuracy"]["mean"] == pytest.approx(by_seed.mean())
    assert metrics["accuracy"]["std"] == pytest.approx(by_seed.std())
    assert metrics["accuracy"]["mean"] > 0.9


def test_the_table_shows_the_metrics(project: Path) -> None:
    metrics = json.loads((project / "reports/metrics.json").read_text())
    table = (project / "reports/metrics.md").read_text(encoding="utf-8")
    assert "over 2 seeds" in table
    for name, summary in metrics.items():
        assert f"| {name} | {summary['mean']:.4f} | {summary['std']:.4f} |" in table


def test_a_model_that_was_not_trained_is_named(config: Callable[..., Config]) -> None:
    with pytest.raises(UserError, match="seed_9"):
        predict_model(config("seeds=[0,9]"))


def test_two_equal_models_have_no_spread(
    config: Callable[..., Config], project: Path, tmp_path: Path
) -> None:
    for seed in (0, 1):
        shutil.copytree(project / "models/seed_0", tmp_path / f"models/seed_{seed}")
    same = config()
    same.paths.models = tmp_path / "models"
    assert predict_model(same)["log_loss"]["std"] == 0
