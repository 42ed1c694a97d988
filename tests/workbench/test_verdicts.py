"""Two versions of an output: identical bytes, the same numbers within a tolerance, or different."""

import re
import shutil
from pathlib import Path

import numpy as np
import onnx
import polars as pl
import pytest
from onnx import TensorProto, helper
from workbench.check.clone import hash_output
from workbench.check.verdicts import judge
from workbench.onnx.file import write_onnx

TEXTS = {
    "a.json": (
        '{"loss": {"mean": 0.5}}',
        '{"loss": {"mean": 0.75}}',
        "loss.mean: 0.5 became 0.75 (+0.25)",
    ),
    "a.csv": (
        "step,loss\n1,0.5\n2,0.25\n",
        "step,loss\n1,0.5\n2,0.5\n",
        "1 row of another content; row 1: loss 0.25",
    ),
    "a.md": ("mean 0.5\n", "mean 0.75\n", "line 1: 'mean 0.5' became 'mean 0.75'"),
}


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """Two folders: for the committed version of a file, and for the new one."""
    for name in ("before", "after"):
        (tmp_path / name).mkdir()
    return tmp_path / "before", tmp_path / "after"


@pytest.mark.parametrize("name", TEXTS)
def test_texts_and_tables(pair: tuple[Path, Path], name: str) -> None:
    before, after = (folder / name for folder in pair)
    old, new, explanation = TEXTS[name]
    before.write_text(old)
    after.write_text(old)
    assert judge(before, after, rtol=0).kind == "identical bytes"
    after.write_text(new)
    verdict = judge(before, after, rtol=1e-6)
    assert verdict.kind == "different"
    assert explanation in verdict.explanation
    assert judge(before, after, rtol=1).kind == "same numbers"
    after.write_text(old.replace("mean", "median").replace("loss", "error"))
    assert judge(before, after, rtol=1).kind == "different"


def test_a_broken_file_is_different(pair: tuple[Path, Path]) -> None:
    before, after = (folder / "a.json" for folder in pair)
    before.write_text("{}")
    after.write_text("{")
    verdict = judge(before, after, rtol=1)
    assert verdict.kind == "different"
    assert "cannot be read as .json" in verdict.explanation


def write_scaled(model: onnx.ModelProto, factor: np.float32, path: Path) -> None:
    """Write a model with each weight multiplied."""
    changed = onnx.ModelProto.FromString(model.SerializeToString())
    for node in changed.graph.node:  # where trees have their weights
        for attribute in node.attribute:
            attribute.floats[:] = np.array(attribute.floats, dtype=np.float32) * factor
    for tensor in changed.graph.initializer:
        values = onnx.numpy_helper.to_array(tensor)
        if values.dtype == np.float32:
            tensor.CopyFrom(onnx.numpy_helper.from_array(values * factor, tensor.name))
    onnx.save_model(changed, path)


def test_models(project: Path, tmp_path: Path) -> None:
    before, after = project / "models/split_0/seed_0/model.onnx", tmp_path / "model.onnx"
    test_split = project / "data/processed/split_0/test.parquet"
    model = onnx.load_model(before)
    write_scaled(model, np.float32(1 - 2e-7), after)
    rounded = judge(before, after, 1e-6, test_split)
    assert rounded.kind == "same numbers"
    assert "both predict the same for all 360 of the test split" in rounded.explanation
    write_scaled(model, np.float32(-1), after)
    other = judge(before, after, 1e-6, test_split)
    assert other.kind == "different"
    assert "largest difference between the weights" in other.explanation
    assert "predictions on the test split differ for" in other.explanation


def test_models_of_each_kind_of_column(pair: tuple[Path, Path]) -> None:
    """The predictions are by the columns that the file names, with their gaps."""
    models = [folder / "model.onnx" for folder in pair]
    inputs = {"numbers": ["b"], "categories": ["a"]}
    for path, gap in zip(models, (1.0, 3.0), strict=True):
        write_model(path, gap, inputs)
    table = pl.DataFrame({"other": [0, 0, 0], "a": ["x", None, "y"], "b": [2.0, None, 4.0]})
    table.write_parquet(pair[0] / "test.parquet")
    verdict = judge(*models, 1e-6, pair[0] / "test.parquet")
    assert verdict.kind == "different"
    assert "predictions on the test split differ for 1 of 3" in verdict.explanation
    table.drop("b").write_parquet(pair[0] / "test.parquet")
    assert (
        "their predictions could not be compared"
        in judge(*models, 1e-6, pair[0] / "test.parquet").explanation
    )


def write_model(path: Path, gap: float, inputs: dict[str, list[str]]) -> None:
    """Write a model whose answer is a number; in place of a gap it takes another one."""
    numbers, categories = (
        helper.make_tensor_value_info(name, kind, ["n", 1])
        for name, kind in (("numbers", TensorProto.FLOAT), ("categories", TensorProto.STRING))
    )
    imputer = helper.make_node(
        "Imputer",
        ["numbers"],
        ["value"],
        "imputer",
        domain="ai.onnx.ml",
        imputed_value_floats=[gap],
        replaced_value_float=float("nan"),
    )
    value = helper.make_tensor_value_info("value", TensorProto.FLOAT, ["n", 1])
    graph = helper.make_graph([imputer], "graph", [numbers, categories], [value])
    opsets = [helper.make_opsetid("", 21), helper.make_opsetid("ai.onnx.ml", 1)]
    write_onnx(helper.make_model(graph, opset_imports=opsets, ir_version=10), path, {"inputs": inputs})


def test_folders(pair: tuple[Path, Path]) -> None:
    before, after = pair
    for folder in pair:
        (folder / "a.json").write_text("[1.5]")
        (folder / "part").mkdir()
        (folder / "part/b.json").write_text("[2.5]")
    assert hash_output(before) == hash_output(after)
    assert judge(before, after, rtol=0).kind == "identical bytes"
    (after / "part/b.json").write_text("[2.75]")
    assert hash_output(before) != hash_output(after)
    assert judge(before, after, rtol=1).kind == "same numbers"
    verdict = judge(before, after, rtol=0)
    assert verdict.kind == "different"
    assert verdict.explanation == "part/b.json: 0: 2.5 became 2.75 (+0.25)"
    (after / "a.json").rename(after / "c.json")
    verdict = judge(before, after, rtol=1)
    assert verdict.kind == "different"
    assert verdict.explanation == "only one of the two folders has a.json, c.json"


def test_parquet(project: Path, tmp_path: Path) -> None:
    before, after = project / "reports/predictions.parquet", tmp_path / "predictions.parquet"
    table = pl.read_parquet(before)
    table.with_columns(pl.col("probability_0") * (1 + 1e-5)).write_parquet(after)
    assert judge(before, after, rtol=1e-3).kind == "same numbers"
    assert judge(before, after, rtol=1e-7).kind == "different"
    row = table["row"][7]
    changed = pl.when(pl.col("row") == row).then(pl.lit("other")).otherwise("predicted")
    table.with_columns(predicted=changed).write_parquet(after)
    explanation = judge(before, after, rtol=1e-3).explanation
    assert re.match(
        r"5 rows of another content; row 7: predicted \d became other; row 367: ", explanation
    )  # each seed's


def test_figures(project: Path, tmp_path: Path) -> None:
    figures = project / "reports/figures"
    shutil.copy(figures / "learning_curves.png", tmp_path / "figure.png")
    verdict = judge(figures / "evaluation.png", tmp_path / "figure.png", rtol=0)
    assert verdict.kind == "different"
    assert "pixels" in verdict.explanation
