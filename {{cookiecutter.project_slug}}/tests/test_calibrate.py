"""What is fitted on rows that are set aside: in the model's file, the reports and the answers."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from workbench.errors import UserError

from {{ cookiecutter.package_name }}.config import Config
from {{ cookiecutter.package_name }}.features.build_features import build_features
from {{ cookiecutter.package_name }}.models.metrics import log_loss
from {{ cookiecutter.package_name }}.models.outcome import evaluate
from {{ cookiecutter.package_name }}.models.predict_rows import predict_rows
from {{ cookiecutter.package_name }}.models.predictor import Predictor
from {{ cookiecutter.package_name }}.models.train_model import train_model

MODEL = "models/split_0/seed_0/model.onnx"
METHODS = {"temperature": "kinds", "threshold": "pictures", "conformal": "number"}


@pytest.fixture(scope="module")
def folders(
    pipeline: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """For each method a folder with the results of a pipeline over two seeds."""
    return {
        method: pipeline(
            tmp_path_factory.mktemp(method),
            f"data={data}",
            f"calibration.method={method}",
            "calibration.fraction=0.3",
        )
        for method, data in METHODS.items()
    }


def read(root: Path, name: str) -> pl.DataFrame:
    return pl.read_parquet(root / name)


def load(root: Path) -> list[Predictor]:
    return [Predictor(root / f"models/split_0/seed_{seed}/model.onnx") for seed in (0, 1)]


def show(root: Path) -> Any:
    """What is said of the calibration of the model that is served."""
    return json.loads((root / "reports/served.json").read_text()).get("calibration")


@pytest.mark.parametrize("method", METHODS)
def test_it_is_fitted_on_training_rows_that_the_model_has_not_seen(
    folders: dict[str, Path], project: Path, homes: Path, pictures: Path, method: str
) -> None:
    usual = {"temperature": project, "threshold": pictures, "conformal": homes}[method]
    names = [f"data/processed/split_0/{name}.parquet" for name in ("train", "calibration")]
    train, part = (read(folders[method], name) for name in names)
    whole = read(usual, names[0])
    assert pl.concat([train, part]).sort("__row__").equals(whole)
    assert part.height == pytest.approx(0.3 * whole.height, abs=1)
    for model in load(folders[method]):
        assert model.calibration is not None
        assert model.calibration["n_rows"] == part.height


def test_an_interval_reaches_as_far_as_the_errors_of_most_rows(folders: dict[str, Path]) -> None:
    root = folders["conformal"]
    rows = read(root, "data/processed/split_0/calibration.parquet")
    for model in load(root):
        answers = model.predict(rows)
        assert answers.interval is not None
        low, high = answers.interval.T
        within = (low <= rows["price"].to_numpy()) & (rows["price"].to_numpy() <= high)
        # One error is the reach itself, up to the last digit.
        n_within = np.ceil((rows.height + 1) * 0.9)
        assert within.sum() == pytest.approx(n_within, abs=1)
        np.testing.assert_allclose((low + high) / 2, answers.predicted)


def test_the_threshold_is_the_best_one_on_these_rows(folders: dict[str, Path]) -> None:
    root = folders["threshold"]
    rows = read(root, "data/processed/split_0/calibration.parquet")
    truth = rows["red"].to_numpy() == "1"

    def score(found: NDArray[np.bool_]) -> float:
        return float((found[truth].mean() + (~found)[~truth].mean()) / 2)

    for model in load(root):
        answers = model.predict(rows)
        assert answers.probabilities is not None
        best = max(score(answers.probabilities[:, 1] >= value) for value in np.linspace(0, 1, 501))
        assert score(answers.predicted == "1") >= best


def test_the_temperature_lowers_the_loss_on_these_rows(folders: dict[str, Path]) -> None:
    root = folders["temperature"]
    rows = read(root, "data/processed/split_0/calibration.parquet")
    for model in load(root):
        places = model.problem.encode(rows["fruit"])
        losses = []
        for power in (0.9, 1, 1.1):
            powers = np.asarray(model.predict(rows).probabilities, dtype=float) ** power
            of_truth = powers[np.arange(len(places)), places] / powers.sum(axis=1)
            losses.append(-np.log(of_truth).mean())
        assert min(losses) == losses[1]
        assert model.calibration is not None
        assert model.calibration["value"] != pytest.approx(1, abs=0.01)


def test_the_effect_on_the_test_split_is_reported(folders: dict[str, Path]) -> None:
    """The numbers come from the predictions."""
    predictions = read(folders["conformal"], "reports/predictions.parquet")
    within = pl.col("target").is_between(pl.col("low"), pl.col("high")).mean()
    share = predictions.select(within).item()  # of both seeds, which have as many rows
    effect = show(folders["conformal"])["effect"]
    assert effect["coverage"]["with"]["mean"] == pytest.approx(share)
    assert effect["coverage"]["with"]["ci_low"] < share < effect["coverage"]["with"]["ci_high"] < 1
    text = (folders["conformal"] / "reports/metrics.md").read_text(encoding="utf-8")
    assert "Calibration: the reach of the intervals is " in text
    assert re.search(rf"\| coverage +\| {share:.4f} ", text)

    effect = show(folders["threshold"])["effect"]["balanced_accuracy"]
    assert effect["without"]["mean"] != effect["with"]["mean"]
    assert show(folders["threshold"])["aim"] == "balanced_accuracy"
    predictions = read(folders["threshold"], "reports/predictions.parquet")
    right = {
        "with": pl.col("predicted") == pl.col("target"),
        # 0.95: as the configuration of the pictures has it
        "without": (pl.col("probability_1") >= 0.95) == (pl.col("target") == "1"),
    }
    for name, is_right in right.items():
        shares = predictions.group_by("seed", "target").agg(share=is_right.mean())
        assert effect[name]["mean"] == pytest.approx(shares["share"].mean())

    metrics = json.loads((folders["temperature"] / "reports/metrics.json").read_text())
    effect = show(folders["temperature"])["effect"]
    assert list(effect) == ["log_loss", "calibration_error"]
    assert effect["log_loss"]["with"]["mean"] == pytest.approx(metrics["log_loss"]["mean"])


def test_without_a_temperature_the_loss_is_that_of_the_model(
    folders: dict[str, Path], config: Callable[..., Config], tmp_path: Path
) -> None:
    root = folders["temperature"]
    used = config()
    used.paths.processed = root / "data/processed"
    losses = []
    for seed in (0, 1):
        used.seed = seed
        train_model(used)  # the same model, from the same rows
        test = read(root, "data/processed/split_0/test.parquet")
        losses.append(log_loss(evaluate(Predictor(tmp_path / "model.onnx"), test)))
    without = show(root)["effect"]["log_loss"]["without"]["mean"]
    assert without == pytest.approx(np.mean(losses), rel=1e-4)


def test_new_rows_have_their_intervals(folders: dict[str, Path], tmp_path: Path) -> None:
    root = folders["conformal"]
    test = read(root, "data/processed/split_0/test.parquet")
    expected = read(root, "reports/predictions.parquet").filter(seed=0)
    test.drop("__row__", "price").write_csv(tmp_path / "new.csv")
    predict_rows(Predictor(root / MODEL), tmp_path / "new.csv", tmp_path / "out.csv")
    table = pl.read_csv(tmp_path / "out.csv")
    assert table.columns == ["area", "rooms", "noise", "predicted", "low", "high"]
    for name in ("predicted", "low", "high"):
        assert table[name].to_list() == pytest.approx(expected[name].to_list())


def test_without_it_nothing_is_set_aside_or_said(project: Path) -> None:
    folder = project / "data/processed/split_0"
    assert not read(folder, "calibration.parquet").height
    assert "calibration" not in (folder / "splits.md").read_text(encoding="utf-8")
    assert "Calibration" not in (project / "reports/metrics.md").read_text(encoding="utf-8")
    assert show(project) is None
    assert Predictor(project / MODEL).calibration is None


def test_a_training_without_enough_rows_is_refused_before_it_starts(
    config: Callable[..., Config], tmp_path: Path
) -> None:
    options = ("data=number", "calibration.method=conformal", "calibration.fraction=0.1")
    with pytest.raises(UserError, match=r"No row was set aside in .* and run `make data`"):
        train_model(config(*options))
    used = config(*options)
    used.paths.output = tmp_path / "split_0"
    build_features(used)
    used.paths.processed, used.model = tmp_path, None
    with pytest.raises(UserError, match=r"8 rows for calibration are too few .* takes 9"):
        train_model(used)
