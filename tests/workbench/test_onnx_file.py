"""ONNX files: the same bytes each time, and what was kept with the model."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from workbench.errors import UserError
from workbench.onnx.file import OnnxModel, write_onnx


def make_model(*domains: str, doc: str = "") -> onnx.ModelProto:
    """A model that adds a weight to its input; its operator sets in the order of `domains`."""
    weight = onnx.numpy_helper.from_array(np.array([1, 2], dtype=np.float32), "w")
    add = helper.make_node("Add", ["x", "w"], ["y"], "add", doc_string=doc)
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 2]) for name in "xy")
    graph = helper.make_graph([add], "graph", [x], [y], [weight], doc_string=doc)
    opsets = [helper.make_opsetid(domain, 1 if domain else 21) for domain in domains or ("",)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=10, doc_string=doc)
    if doc:
        model.metadata_props.add(key="source", value=doc)
    return model


def test_what_differs_between_two_exports_is_left_out(tmp_path: Path) -> None:
    write_onnx(make_model("", "ai.onnx.ml"), tmp_path / "first.onnx")
    write_onnx(make_model("ai.onnx.ml", "", doc="/home/me/model.py"), tmp_path / "second.onnx")
    first, second = (tmp_path / f"{name}.onnx" for name in ("first", "second"))
    assert first.read_bytes() == second.read_bytes()


def test_a_model_computes_and_knows_its_facts(tmp_path: Path) -> None:
    facts = {"names": ["ä", "b"], "mean": 0.1, "positive": None}
    write_onnx(make_model(), tmp_path / "model.onnx", facts)
    model = OnnxModel(tmp_path / "model.onnx")
    assert model.facts == facts
    outputs = model.run({"x": np.zeros((3, 2), dtype=np.float32)})
    assert list(outputs) == ["y"]
    assert outputs["y"].tolist() == [[1, 2]] * 3


def test_a_model_that_is_wrong_replaces_no_file(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    write_onnx(make_model(), path)
    before = path.read_bytes()
    broken = make_model()
    broken.graph.node[0].op_type = "NoSuchOperator"
    with pytest.raises(onnx.checker.ValidationError):
        write_onnx(broken, path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "is not there: run `make data`"),
        (b"", "is not an ONNX model: run `make data`"),
        (b"no model", "is not an ONNX model: run `make data`"),
    ],
)
def test_what_is_no_model_is_named(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "model.onnx"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError) as caught:
        OnnxModel(path, made_by="make data")
    assert str(caught.value) == f"{path} {message}"
