"""Training, for every model that `configs/model/` offers, and the files that it writes."""

from collections.abc import Callable
from dataclasses import replace
from math import log
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import polars as pl
import pytest

from workbench.errors import UserError
from workbench.onnx.file import OnnxModel, write_onnx
from workbench.onnx.merge import Classes, Scale, add_head

from {{ cookiecutter.package_name }}.app import CONFIG_DIR
from {{ cookiecutter.package_name }}.config import Config
from {{ cookiecutter.package_name }}.features.examples import Examples, scan_split
from {{ cookiecutter.package_name }}.models.metrics import accuracy, log_loss, mae, rmse
from {{ cookiecutter.package_name }}.models.outcome import evaluate
from {{ cookiecutter.package_name }}.models.predictor import Predictor
from {{ cookiecutter.package_name }}.models.train_model import (
    check_learning_curve,
    train_model,
)

MODELS = sorted(path.stem for path in Path(CONFIG_DIR, "model").glob("*.yaml"))
TABLES = ["gradient_boosting", "linear", "mlp", "random_forest"]  # they take every table
CASES = [
    (model, data)
    for model in MODELS
    for data in (["pictures"] if model == "cnn" else ["kinds", "number"])
]
# The loss of a model that knows the shares of the classes, or the mean of the numbers
TRIVIAL = {"kinds": log(3), "number": 1, "pictures": log(2)}


@pytest.mark.parametrize(("model", "data"), CASES)
def test_every_model_learns_and_repeats(
    config: Callable[..., Config], tmp_path: Path, model: str, data: str
) -> None:
    used = config(f"data={data}", f"model={model}")
    try:
        metrics = train_model(used)
    except UserError as error:
        if model in TABLES:
            raise
        pytest.skip(str(error))  # a model may serve one task alone
    assert metrics["train_loss"] < TRIVIAL[data]
    if model in (*TABLES, "cnn"):  # another one may learn so small a table by heart
        assert metrics["validation_loss"] < TRIVIAL[data]

    # The file predicts what was validated.
    predictor = Predictor(tmp_path / "model.onnx")
    outcome = evaluate(predictor, scan_split(used.paths.find_split(0), "validation").collect())
    if outcome.probabilities is not None:
        outcome = replace(outcome, predicted=outcome.probabilities.argmax(axis=1))
        found = {"loss": log_loss(outcome), "accuracy": accuracy(outcome)}
    else:
        deviation = predictor.problem.deviation
        found = {"loss": (rmse(outcome) / deviation) ** 2, "mae": mae(outcome) / deviation}
    expected = {name: metrics[f"validation_{name}"] for name in found}
    assert found == pytest.approx(expected, rel=1e-3)

    first = (tmp_path / "model.onnx").read_bytes()
    train_model(config(f"data={data}", f"model={model}"))
    repeats = (tmp_path / "model.onnx").read_bytes() == first
    assert repeats  # pytest would look for the differences, for hours


WEIGHING = [
    model
    for model in MODELS
    if "class_weight" in Path(CONFIG_DIR, "model", f"{model}.yaml").read_text(encoding="utf-8")
]


@pytest.mark.parametrize("model", WEIGHING)
def test_balanced_weights_make_a_rare_class_more_probable(
    config: Callable[..., Config], tmp_path: Path, model: str
) -> None:
    targets = (np.arange(80) % 8 == 0).astype(np.int64)
    bright = np.random.default_rng(0).random(80) < np.where(targets, 0.75, 0.25)
    pixels = np.repeat(bright, 16).reshape(80, 4, 4, 1).astype(np.uint8) * 255
    none = np.empty((80, 0), dtype=np.float32)
    examples = Examples(none, targets, ["pixel"] * 16, n_classes=2, pixels=pixels)
    probable = []
    for weight in ("null", "balanced"):
        used = config(f"model={model}", f"model.class_weight={weight}").model
        used.fit(examples, examples, seed=0, threads=1)
        write_onnx(used.to_onnx(), tmp_path / "model.onnx")
        outputs = OnnxModel(tmp_path / "model.onnx").run({"features": examples.features})
        probable.append(list(outputs.values())[-1][:, 1].astype(float).mean())
    assert probable[1] > 1.3 * probable[0]


def test_the_file_holds_nothing_that_differs_between_runs(project: Path) -> None:
    model = onnx.load(project / "models/split_0/seed_0/model.onnx")
    domains = [opset.domain for opset in model.opset_import]
    assert domains == sorted(set(domains))
    keys = [entry.key for entry in model.metadata_props]
    of_file = ["data", "encoding", "features", "format"]
    assert keys == ["columns", *of_file, "inputs", "problem", "training"]
    assert not any(node.doc_string or node.metadata_props for node in model.graph.node)


def test_the_file_takes_raw_columns_and_answers(project: Path, homes: Path) -> None:
    paths = (root / "models/split_0/seed_0/model.onnx" for root in (project, homes))
    kinds, number = (onnx.load(path).graph for path in paths)
    assert [value.name for value in kinds.input] == ["numbers", "categories", "text"]
    assert [value.name for value in kinds.output] == ["label", "probabilities"]
    assert [value.name for value in number.input] == ["numbers"]
    assert [value.name for value in number.output] == ["value"]


def answer(path: Path, head: Classes | Scale, rows: list[list[float]]) -> dict[str, list[Any]]:
    """What a head makes of the rows that come out of a model, which passes its input on."""
    graph = "g (float[n, d] x) => (float[n, d] y) { y = Identity (x) }"
    part = onnx.parser.parse_model(f'<ir_version: 8, opset_import: ["": 17]> {graph}')
    write_onnx(add_head(part, part, head), path)
    outputs = OnnxModel(path).run({"x": np.array(rows, dtype=np.float32)})
    return {name: output.tolist() for name, output in outputs.items()}


@pytest.mark.parametrize(
    ("positive", "threshold", "expected"),
    [
        (None, 0.5, ["no", "yes", "no"]),
        (1, 0.25, ["no", "yes", "yes"]),
        (1, 0.8, ["no", "no", "no"]),
        (0, 0.8, ["no", "yes", "yes"]),
    ],
)
def test_the_threshold_decides_for_the_positive_class(
    tmp_path: Path, positive: int | None, threshold: float, expected: list[str]
) -> None:
    rows = [[0.875, 0.125], [0.25, 0.75], [0.75, 0.25]]
    found = answer(tmp_path / "model.onnx", Classes(["no", "yes"], positive, threshold), rows)
    assert found == {"label": expected, "probabilities": rows}


def test_a_number_gets_its_unit_back(tmp_path: Path) -> None:
    found = answer(tmp_path / "model.onnx", Scale(1000.0, 20.0), [[0.0], [1.5]])
    assert found == {"value": [1000.0, 1030.0]}


@pytest.mark.parametrize("content", [None, b"", b"no model"])
def test_a_file_that_is_no_model(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "model.onnx"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError, match=r"model\.onnx is not"):
        OnnxModel(path)


def test_a_model_of_another_project(tmp_path: Path) -> None:
    answer(tmp_path / "model.onnx", Scale(0.0, 1.0), [[0.0]])
    with pytest.raises(UserError, match=r"model\.onnx is no model of this project"):
        Predictor(tmp_path / "model.onnx")


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
