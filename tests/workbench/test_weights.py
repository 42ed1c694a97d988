"""The numbers inside a model file, by names of their own."""

import math
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from workbench.onnx.file import write_onnx
from workbench.onnx.weights import find_unequal, read_weights


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model with a tensor, and with two encoders, whose values are attributes."""
    tensor = numpy_helper.from_array(np.array([0, 1], dtype=np.int64), "columns")
    encoders = [
        helper.make_node(
            "OneHotEncoder",
            ["x"],
            [f"y{i}"],
            f"part/encoder{i}",
            domain="ai.onnx.ml",
            cats_strings=cats,
            zeros=1,
        )
        for i, cats in enumerate((["a", "b"], ["c", "d"]))
    ]
    gather = helper.make_node("Gather", ["y0", "columns"], ["y"], "part/gather", axis=2)
    join = helper.make_node("Add", ["y", "y1"], ["z"], "part/add")
    x = helper.make_tensor_value_info("x", TensorProto.STRING, ["n", 1])
    z = helper.make_tensor_value_info("z", TensorProto.FLOAT, ["n", 1, 2])
    graph = helper.make_graph([*encoders, gather, join], "graph", [x], [z], [tensor])
    opsets = [helper.make_opsetid("", 21), helper.make_opsetid("ai.onnx.ml", 1)]
    path = tmp_path / "model.onnx"
    write_onnx(helper.make_model(graph, opset_imports=opsets, ir_version=10), path)
    return path


def test_each_node_keeps_its_weights(model: Path) -> None:
    weights = read_weights(model)
    assert weights["columns"].tolist() == [0, 1]
    assert weights["part/encoder0.cats_strings"].tolist() == [b"a", b"b"]
    assert weights["part/encoder1.cats_strings"].tolist() == [b"c", b"d"]
    assert "part/gather.axis" not in weights  # no weight


def test_a_gap_is_like_another_gap() -> None:
    first, second = np.array([1, math.nan, math.nan]), np.array([1.5, math.nan, 2])
    assert find_unequal(first, second).tolist() == [True, False, True]
    assert not find_unequal(np.asarray(math.nan), np.asarray(math.nan))


def test_texts_are_compared_too() -> None:
    for dtype in (object, "S"):
        first, second = np.array(["a", "b"], dtype=dtype), np.array(["a", "c"], dtype=dtype)
        assert find_unequal(first, second).tolist() == [False, True]


def test_the_projects_model_has_weights_of_all_its_parts(project: Path) -> None:
    names = read_weights(project / "models/split_0/seed_0/model.onnx").keys()
    assert {name.partition("/")[0] for name in names} >= {"model", "labels"}
    graph = onnx.load_model(project / "models/split_0/seed_0/model.onnx").graph
    assert {value.name for value in graph.output} == {"label", "probabilities"}
