# exercise 8 writes this file
"""What training leaves behind, by the small run that the tests share."""

import json
from pathlib import Path

import polars as pl


def test_another_seed_gives_another_model(project: Path) -> None:
    first, second = (project / f"models/seed_{seed}/model.onnx" for seed in (0, 1))
    assert first.read_bytes() != second.read_bytes()


def test_the_learning_curve_ends_in_the_metrics(project: Path) -> None:
    curve = pl.read_csv(project / "models/seed_0/learning_curve.csv")
    metrics = json.loads((project / "models/seed_0/metrics.json").read_text())
    assert curve.drop("step").row(-1, named=True) == metrics
    assert curve["step"].is_sorted()
    assert curve["train_accuracy"][-1] >= max(curve["train_accuracy"][0], 0.9)
