"""The tests of features and training."""

from pathlib import Path

from support import PACKAGE, replace

FEATURES = "tests/test_features.py"
TRAINING = "tests/test_training.py"
HEAD = f"""
import json
import subprocess
import sys

import numpy as np
import polars as pl
import pytest

from {PACKAGE}.features.build_features import scale, split
from {PACKAGE}.features.splits import read_split
from {PACKAGE}.models.onnx_file import OnnxModel
from {PACKAGE}.models.train_model import train_model

NAMES = ["train", "validation", "test"]
"""
SHAPES = """
def test_shapes(project):
    sizes = [read_split(project / "data/processed", name).features.shape for name in NAMES]
    assert sizes == [(1077, 64), (360, 64), (360, 64)]
"""
RANGE = """
def test_range(project):
    for name in NAMES:
        assert read_split(project / "data/processed", name).features.max() <= 1
"""
NOTHING = """
def test_nothing():
    assert True
"""
STORED = """
def test_labels(project):
    assert read_split(project / "data/processed", "validation").labels.sum() == 1616
"""


def by_functions(project: Path) -> None:
    """Of the functions, with data of one's own, and of the model that was written."""
    features = """
def test_scale(config):
    data = config().data
    table = pl.LazyFrame({"a": [0.0, 8.0, 16.0], "label": [0.0, 1.0, 1.0]})
    assert scale(table, data).collect()["a"].to_list() == [0, 0.5, 1]

def test_split(config):
    labels = np.repeat([0, 1], 50)
    rows = [set(np.flatnonzero(mask)) for mask in split(labels, config().data).values()]
    assert len(set.union(*rows)) == sum(map(len, rows)) == 100
"""
    training = """
def test_metrics(config, project, tmp_path):
    metrics = train_model(config())
    validation = read_split(project / "data/processed", "validation")
    labels, _ = OnnxModel(tmp_path / "model.onnx").predict(validation.features)
    assert metrics["validation_accuracy"] == pytest.approx((labels == validation.labels).mean())
"""
    (project / FEATURES).write_text(HEAD + features)
    (project / TRAINING).write_text(HEAD + training)


def by_scripts(project: Path) -> None:
    """Of the files, as scripts in other processes write them."""
    command = f"""
def script(name, project):
    command = [sys.executable, "-m", f"{PACKAGE}.{{name}}", "hydra.run.dir=run"]
    subprocess.run(command, cwd=project, check=True)
    return project / "run"
"""
    features = """
def test_rows(project):
    run = script("features.build_features", project)
    rows = [pl.read_parquet(run / f"{name}.parquet") for name in NAMES]
    for table in rows:
        assert table.drop("label").max_horizontal().max() == 1
    assert not pl.concat(rows).is_duplicated().any()
"""
    training = """
def test_metrics(project):
    run = script("models.train_model", project)
    metrics = json.loads((run / "metrics.json").read_text())
    assert metrics["validation_loss"] < 0.4 < 0.9 < metrics["validation_accuracy"]
"""
    (project / FEATURES).write_text(HEAD + command + features)
    (project / TRAINING).write_text(HEAD + command + training)


def instead(features: str, training: str):
    """These tests in place of the worked example's."""

    def edit(project: Path) -> None:
        (project / FEATURES).write_text(HEAD + features)
        (project / TRAINING).write_text(HEAD + training)

    return edit


def without_training(project: Path) -> None:
    """Nothing that looks at a model."""
    (project / TRAINING).write_text(NOTHING)


def without_leakage(project: Path) -> None:
    """The features' range, and training, but not which rows are where."""
    (project / FEATURES).write_text(HEAD + RANGE)


def always_failing(project: Path) -> None:
    """A test that fails whatever the code does."""
    with (project / FEATURES).open("a") as file:
        file.write("\n\ndef test_anything() -> None:\n    assert not NAMES\n")


def marked(mark: str):
    """The worked example's tests, which need not pass."""

    def edit(project: Path) -> None:
        replace(project / TRAINING, r"\ndef test_", f"\n@pytest.mark.{mark}\ndef test_")
        replace(project / TRAINING, "import polars as pl\n", "import polars as pl\nimport pytest\n")

    return edit


def missing(project: Path) -> None:
    """One of the two files only."""
    (project / TRAINING).unlink()


SCALED = "Your tests pass although features are scaled beyond 0 … 1"
RIGHT = {"functions": by_functions, "scripts": by_scripts}
WRONG = {
    "no file": (missing, "tests/test_training.py is not written yet"),
    "nothing": (instead(NOTHING, NOTHING), SCALED),
    "shapes": (instead(SHAPES, NOTHING), SCALED),
    "hard-coded": (instead(STORED, NOTHING), SCALED),
    "no leakage": (without_leakage, "although the validation split has rows of the training split"),
    "no training": (without_training, "although a model's metrics are those after its first step"),
    "always failing": (always_failing, "On the code as it is, test_anything in tests/test_features.py fails"),
    "skipped": (marked('skip(reason="slow")'), "No test of tests/test_training.py passes"),
    "expected to fail": (
        marked("xfail(strict=False)"),
        "although a model's metrics are those after its first",
    ),
}
