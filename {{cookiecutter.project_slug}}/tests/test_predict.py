"""Predictions, the metrics that come from them, and their error bars."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from workbench.data import streaming
from workbench.errors import UserError
from workbench.statistics.interval import Summary, summarize
from workbench.statistics.resampling import Scores

from {{ cookiecutter.package_name }}.config import Config, Paths, Splits
from {{ cookiecutter.package_name }}.features.build_features import build_features
from {{ cookiecutter.package_name }}.models.outcome import find_units
from {{ cookiecutter.package_name }}.models.predict_model import (
    N_EXAMPLES,
    objective,
    predict_model,
)
from {{ cookiecutter.package_name }}.models.predictor import Predictor, find_served


def test_more_rows_than_fit_give_the_same(
    config: Callable[..., Config], project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "ROWS", 7)
    expected = json.loads((project / "reports/metrics.json").read_text())
    assert predict_model(config())["log_loss"] == pytest.approx(expected["log_loss"])
    files = [folder / "predictions.parquet" for folder in (tmp_path, project / "reports")]
    assert_frame_equal(*map(pl.read_parquet, files))
    examples = [folder / "examples.json" for folder in (tmp_path, project / "reports")]
    assert examples[0].read_bytes() == examples[1].read_bytes()


def test_an_interval_covers_seeds_and_examples(project: Path, homes: Path) -> None:
    """It is wider than that of either alone, which is at least two standard errors to each side."""
    for root, name in ((project, "log_loss"), (homes, "mae")):
        summary = json.loads((root / "reports/metrics.json").read_text())[name]
        assert summary["std_splits"] is None
        error = (summary["std"] ** 2 / 2 + summary["std_examples"] ** 2) ** 0.5
        assert summary["std_examples"] > 0
        assert summary["ci_low"] < summary["mean"] - 1.5 * error
        assert summary["ci_high"] > summary["mean"] + 1.96 * error


def test_metrics_come_from_the_predictions(project: Path, homes: Path) -> None:
    right = (pl.col("target") == pl.col("predicted")).mean()
    error = (pl.col("target") - pl.col("predicted")).abs().mean()
    for root, name, formula in ((project, "accuracy", right), (homes, "mae", error)):
        metrics = json.loads((root / "reports/metrics.json").read_text())
        predictions = pl.read_parquet(root / "reports/predictions.parquet")
        by_seed = predictions.group_by("seed").agg(value=formula)["value"]
        assert metrics[name]["mean"] == pytest.approx(by_seed.mean())
        assert metrics[name]["std"] == pytest.approx(by_seed.std())


def test_predictions_are_of_the_rows_of_the_test_split(project: Path, homes: Path) -> None:
    for root, name, target in ((project, "kinds", "fruit"), (homes, "number", "price")):
        predictions = pl.read_parquet(root / "reports/predictions.parquet")
        test = pl.read_parquet(root / "data/processed/split_0/test.parquet")
        raw = pl.read_parquet(root / f"data/raw/{name}.parquet")
        assert predictions["seed"].to_list() == [0] * test.height + [1] * test.height
        assert predictions["row"].to_list() == test["__row__"].to_list() * 2
        rows = raw[predictions["row"].to_list()]
        assert predictions["target"].to_list() == rows[target].to_list()


def test_predictions_have_the_probability_of_each_class(project: Path) -> None:
    predictions = pl.read_parquet(project / "reports/predictions.parquet")
    fruits = ["açaí", "apple", "pear"]
    probabilities = predictions.select(f"probability_{fruit}" for fruit in fruits)
    columns = ["split", "seed", "row", "target", "predicted", *probabilities.columns]
    assert predictions.columns == columns
    table = probabilities.to_numpy()
    np.testing.assert_allclose(table.sum(axis=1), 1, rtol=1e-5)
    places = table.argmax(axis=1)
    assert predictions["predicted"].to_list() == [fruits[place] for place in places]


def test_the_positive_class_is_predicted_from_the_threshold_on(pictures: Path) -> None:
    predictions = pl.read_parquet(pictures / "reports/predictions.parquet")
    probable = predictions["probability_1"]
    assert (predictions["predicted"] == "1").to_list() == (probable >= 0.95).to_list()
    assert probable.is_between(0.5, 0.94).any()


@pytest.mark.parametrize(("kind", "by"), [("group", "tree"), ("time", "picked")])
def test_predictions_name_what_the_split_goes_by(
    config: Callable[..., Config],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    by: str,
) -> None:
    split = (f"+data.split.kind={kind}", f"+data.split.by={by}")
    build_features(config(*split))
    splits = config(*split)
    monkeypatch.setattr(Paths, "find_split", lambda *_: tmp_path)
    predict_model(splits)
    predictions = pl.read_parquet(tmp_path / "predictions.parquet").filter(seed=0)
    test = pl.read_parquet(tmp_path / "test.parquet")
    assert predictions.columns[:4] == ["split", "seed", "row", kind]
    assert [text[:10] for text in predictions[kind]] == [str(value)[:10] for value in test[by]]


@pytest.mark.parametrize(("kind", "by"), [("group", "tree"), ("time", "picked"), ("random", None)])
def test_examples_that_belong_together(kind: Any, by: str | None) -> None:
    table = pl.DataFrame({"tree": ["b", "a", "b", "c"], "picked": [2.0, 10.0, 1.0, 10.0]})
    units = find_units(table.lazy(), Splits(kind, by)).tolist()
    assert units == {"group": [1, 0, 1, 2], "time": [0, 1, 0, 1], "random": [0, 1, 2, 3]}[kind]


def test_the_table_shows_the_metrics(project: Path) -> None:
    metrics = json.loads((project / "reports/metrics.json").read_text())
    table = (project / "reports/metrics.md").read_text(encoding="utf-8")
    assert "models trained on this training set" in table
    assert "\nOver 2 seeds and " in table
    assert "The 95 % interval covers seeds and test rows. Not measured: splits." in table
    cells = [[cell.strip() for cell in row.split("|")] for row in table.splitlines()]
    for name, summary in metrics.items():
        numbers = [f"{summary[key]:.4f}" for key in ("mean", "std", "std_examples")]
        assert [name, *numbers] in [row[1:5] for row in cells]
    assert metrics["accuracy"]["baseline"] == pytest.approx(1 / 3)


def test_examples_are_records_as_the_api_takes_them(project: Path, homes: Path) -> None:
    examples = json.loads((project / "reports/examples.json").read_text(encoding="utf-8"))
    assert [example["target"] for example in examples] == ["apple", "açaí", "pear"]
    columns = Predictor(project / "models/split_0/seed_0/model.onnx").columns
    assert [list(example["record"]) for example in examples] == [list(columns)] * 3
    test = pl.read_parquet(project / "data/processed/split_0/test.parquet")
    first = test.filter(fruit="pear")
    assert examples[2]["record"]["noise"] == first["noise"][0]
    assert examples[2]["record"]["picked"].startswith(f"{first['picked'][0]:%Y-%m-%d}")
    prices = [row["target"] for row in json.loads((homes / "reports/examples.json").read_text())]
    test = pl.read_parquet(homes / "data/processed/split_0/test.parquet")
    assert prices == sorted(test["price"][:N_EXAMPLES])


def test_what_a_sweeper_minimises() -> None:
    def summary(mean: float) -> Summary:
        return summarize([Scores(np.array([mean]), np.full((2, 1), mean), 1.0, 10, 10, 10)])

    assert objective({"accuracy": summary(0.75), "macro_f1": summary(0.75)}) == -0.75
    assert objective({"accuracy": summary(0.75), "log_loss": summary(0.5)}) == 0.5


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("seeds=[0,9]", "seed_9.model.onnx is not there: run `make train`"),
        ("metrics.classification=[rmse]", "metrics.classification: rmse is not in"),
    ],
)
def test_what_cannot_be_evaluated_is_named(
    config: Callable[..., Config], override: str, message: str
) -> None:
    with pytest.raises(UserError, match=message):
        predict_model(config(override))


def test_two_equal_models_have_no_spread(
    config: Callable[..., Config], project: Path, tmp_path: Path
) -> None:
    for seed in (0, 1):
        shutil.copytree(project / "models/split_0/seed_0", tmp_path / f"models/split_0/seed_{seed}")
    same = config()
    same.paths.models = tmp_path / "models"
    assert predict_model(same)["log_loss"]["std"] == 0


def test_several_splits(run: Callable[..., Path]) -> None:
    """Each split has models, predictions and test rows of its own, and the table says so."""
    root = run("data=number", "splits=[3,1]", "serve.split=1")
    predictions = pl.read_parquet(root / "reports/predictions.parquet")
    runs = predictions.select("split", "seed").unique(maintain_order=True).rows()
    assert runs == [(3, 0), (3, 1), (1, 0), (1, 1)]
    means = []
    for split in (3, 1):
        test = pl.read_parquet(root / f"data/processed/split_{split}/test.parquet")
        found = predictions.filter(split=split)
        assert found["row"].to_list() == test["__row__"].to_list() * 2
        means.append(float((found["target"] - found["predicted"]).abs().to_numpy().mean()))
    mae = json.loads((root / "reports/metrics.json").read_text())["mae"]
    assert mae["mean"] == pytest.approx(np.mean(means))
    assert mae["std_splits"] == pytest.approx(np.std(means, ddof=1))
    table = (root / "reports/metrics.md").read_text(encoding="utf-8")
    assert "models trained on training sets of this size" in table
    assert "\nOver 2 seeds, 2 splits and " in table
    served = json.loads((root / "reports/served.json").read_text())
    own = predictions.filter(split=1, seed=0)
    error = (own["target"] - own["predicted"]).abs().mean()
    assert served["scores"]["mae"]["own"] == pytest.approx(error)
    assert find_served(root) == root / "models/split_1/seed_0/model.onnx"
    examples = json.loads((root / "reports/examples.json").read_text(encoding="utf-8"))
    prices = pl.read_parquet(root / "data/processed/split_1/test.parquet")["price"]
    assert [row["target"] for row in examples] == sorted(prices[:N_EXAMPLES])
