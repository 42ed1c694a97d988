"""Training, for every model that `configs/model/` offers."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest

from {{ cookiecutter.package_name }}.app import CONFIG_DIR
from {{ cookiecutter.package_name }}.config import Config
from workbench.errors import UserError
from {{ cookiecutter.package_name }}.features.splits import read_split
from {{ cookiecutter.package_name }}.models.onnx_file import OnnxModel
from {{ cookiecutter.package_name }}.models.train_model import train_model

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


def test_a_script_in_another_process_writes_the_same_files(project: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "{{ cookiecutter.package_name }}.models.train_model"]
    subprocess.run(
        [*command, "seed=1", "hydra.run.dir=run"],
        cwd=project,
        env={**os.environ, "PYTHONHASHSEED": "7", "OMP_NUM_THREADS": "1"},
        check=True,
    )
    for name in ("model.onnx", "metrics.json", "learning_curve.csv"):
        here, there = project / "run" / name, project / "models/seed_1" / name
        same = here.read_bytes() == there.read_bytes()
        assert same, name
    resolved = (project / "run/.hydra/resolved.yaml").read_text(encoding="utf-8")
    assert f"output: {project / 'run'}" in resolved
    assert "validation accuracy" in (project / "run/train_model.log").read_text(encoding="utf-8")


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
