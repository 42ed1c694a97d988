"""Training, for every model that `configs/model/` offers."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import polars as pl
import pytest

from workbench.errors import UserError

from {{ cookiecutter.package_name }}.app import CONFIG_DIR
from {{ cookiecutter.package_name }}.config import Config
from {{ cookiecutter.package_name }}.features.splits import read_split
from {{ cookiecutter.package_name }}.models.onnx_file import OnnxModel
from {{ cookiecutter.package_name }}.models.train_model import (
    check_learning_curve,
    train_model,
)

MODELS = sorted(path.stem for path in Path(CONFIG_DIR, "model").glob("*.yaml"))


@pytest.mark.parametrize("model", MODELS)
def test_every_model_learns_and_repeats(
    config: Callable[..., Config], project: Path, tmp_path: Path, model: str
) -> None:
    path = tmp_path / "model.onnx"
    metrics = train_model(config(f"model={model}"))
    assert metrics["validation_accuracy"] > 0.9

    # The file predicts what was validated.
    validation = read_split(project / "data/processed", "validation")
    labels, probabilities = OnnxModel(path).predict(validation.features)
    assert (labels == validation.labels).mean() == metrics["validation_accuracy"]
    of_truth = probabilities[np.arange(len(labels)), validation.labels].astype(np.float64)
    loss = -np.log(of_truth.clip(min=np.finfo(np.float32).eps)).mean()
    assert loss == pytest.approx(metrics["validation_loss"], rel=1e-3)

    first = path.read_bytes()
    train_model(config(f"model={model}"))
    repeats = path.read_bytes() == first  # pytest would look for the differences, for hours
    assert repeats


def test_the_file_holds_nothing_that_differs_between_runs(project: Path) -> None:
    model = onnx.load(project / "models/seed_0/model.onnx")
    domains = [opset.domain for opset in model.opset_import]
    assert domains == sorted(set(domains))
    assert [entry.key for entry in model.metadata_props] == ["features", "means"]
    assert not any(node.doc_string or node.metadata_props for node in model.graph.node)
    assert [value.name for value in model.graph.input] == ["features"]
    assert [value.name for value in model.graph.output] == ["label", "probabilities"]


@pytest.mark.parametrize("content", [None, b"", b"no model"])
def test_a_file_that_is_no_model(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "model.onnx"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError, match=r"model\.onnx is not"):
        OnnxModel(path)


@pytest.mark.parametrize(
    ("losses", "message"),
    [
        ([0.5, float("nan")], "diverged at step 2"),
        ([float("inf"), 0.5], "diverged at step 1"),
        ([], "took no step"),
    ],
)
def test_a_training_that_leads_nowhere_is_refused(losses: list[float], message: str) -> None:
    steps = range(1, len(losses) + 1)
    curve = pl.DataFrame({"step": steps, "train_loss": losses}, schema_overrides={"step": pl.Int64})
    with pytest.raises(UserError, match=message):
        check_learning_curve(curve)


def test_a_finite_learning_curve_is_accepted() -> None:
    check_learning_curve(pl.DataFrame({"step": [1, 2], "train_loss": [0.5, 0.25]}))
