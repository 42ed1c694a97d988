# exercise 8 writes this file
"""What training leaves behind, by the small run that the tests share."""

import json
from pathlib import Path

import polars as pl
import pytest


def test_another_seed_gives_another_model(project: Path) -> None:
    first, second = (project / f"models/split_0/seed_{seed}/model.onnx" for seed in (0, 1))
    assert first.read_bytes() != second.read_bytes()


@pytest.mark.parametrize(("folder", "measure"), [("project", "accuracy"), ("homes", "mae")])
def test_the_learning_curve_ends_in_the_metrics(
    request: pytest.FixtureRequest, folder: str, measure: str
) -> None:
    trained = request.getfixturevalue(folder) / "models/split_0/seed_0"
    curve = pl.read_csv(trained / "learning_curve.csv")
    metrics = json.loads((trained / "metrics.json").read_text())
    names = [f"{split}_{name}" for split in ("train", "validation") for name in ("loss", measure)]
    assert curve.columns == ["step", *names]
    assert curve.drop("step").row(-1, named=True) == metrics
    assert curve["step"].is_sorted()
    assert curve["train_loss"][-1] < curve["train_loss"][0]
