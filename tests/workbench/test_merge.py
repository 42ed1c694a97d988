"""ONNX models joined to one, and what its output means."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from workbench.onnx.file import OnnxModel, write_onnx
from workbench.onnx.merge import Classes, Scale, add_head, concatenate

Run = Callable[[onnx.ModelProto, Mapping[str, NDArray[Any]]], dict[str, NDArray[Any]]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A function that writes a model, loads it, and computes its outputs."""

    def run(model: onnx.ModelProto, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        write_onnx(model, tmp_path / "model.onnx")
        return OnnxModel(tmp_path / "model.onnx").run(inputs)

    return run


def make_part(name: str, weights: list[float], opsets: Mapping[str, int] | None = None) -> onnx.ModelProto:
    """A model that multiplies the columns of its input; only the name of the input is its own."""
    tensor = numpy_helper.from_array(np.array(weights, dtype=np.float32), "weights")
    nodes = [
        helper.make_node("Mul", [name, "weights"], ["product"], "node"),
        helper.make_node("Identity", ["product"], ["output"], "other"),
    ]
    shape = ["n", len(weights)]
    x, y = (helper.make_tensor_value_info(n, TensorProto.FLOAT, shape) for n in (name, "output"))
    graph = helper.make_graph(nodes, "graph", [x], [y], [tensor])
    imports = [helper.make_opsetid(*opset) for opset in (opsets or {"": 21}).items()]
    return helper.make_model(graph, opset_imports=imports, ir_version=10)


def rows(*values: list[float]) -> NDArray[np.float32]:
    return np.array(values, dtype=np.float32)


def join(head: Classes | Scale, n_outputs: int) -> onnx.ModelProto:
    """A preprocessing, a model and a head; the first two have the same names inside."""
    preprocessing = concatenate({"numbers": make_part("numbers", [2.0] * n_outputs)})
    return add_head(preprocessing, make_part("features", [0.5] * n_outputs), head)


def test_columns_follow_each_other_though_names_collide(run: Run) -> None:
    joined = concatenate({"a": make_part("a", [1, 10]), "b": make_part("b", [100])})
    assert [value.name for value in joined.graph.input] == ["a", "b"]
    outputs = run(joined, {"a": rows([1, 2], [3, 4]), "b": rows([5], [6])})
    assert {name: array.tolist() for name, array in outputs.items()} == {
        "features": [[1, 20, 500], [3, 40, 600]]
    }


def test_operator_sets_are_the_newest_of_all_parts() -> None:
    first = make_part("a", [1], {"": 13, "ai.onnx.ml": 3})
    second = make_part("b", [1], {"ai.onnx": 22, "ai.onnx.ml": 1})
    joined = concatenate({"a": first, "b": second})
    assert {opset.domain: opset.version for opset in joined.opset_import} == {"": 22, "ai.onnx.ml": 3}
    alone = concatenate({"a": make_part("a", [1], {"": 13})})
    assert [opset.version for opset in alone.opset_import] == [21]  # what the added operators need


def test_a_model_with_functions_is_refused() -> None:
    part = make_part("a", [1])
    part.functions.append(helper.make_function("own", "f", ["x"], ["y"], [], []))
    with pytest.raises(ValueError, match="functions of its own"):
        concatenate({"a": part})


def test_the_most_probable_class_is_the_label(run: Run) -> None:
    model = join(Classes(["æ", "b", "c"], None, 0.5), 3)
    assert [value.name for value in model.graph.output] == ["label", "probabilities"]
    probabilities = rows([0.2, 0.3, 0.5], [0.4, 0.3, 0.3], [0.1, 0.45, 0.45])
    outputs = run(model, {"numbers": probabilities})
    assert outputs["label"].tolist() == ["c", "æ", "b"]  # of two that are equal, the first
    np.testing.assert_array_equal(outputs["probabilities"], probabilities)


@pytest.mark.parametrize(
    ("positive", "threshold", "labels"),
    [
        (1, 0.5, ["no", "no", "yes", "yes"]),
        (1, 0.25, ["no", "yes", "yes", "yes"]),
        (1, 0.75, ["no", "no", "no", "yes"]),
        (0, 0.5, ["no", "no", "no", "yes"]),
        (0, 0.25, ["no", "no", "no", "no"]),
        (0, 0.75, ["no", "no", "yes", "yes"]),
    ],
)
def test_the_positive_class_is_predicted_from_a_threshold_on(
    run: Run, positive: int, threshold: float, labels: list[str]
) -> None:
    """A probability that equals the threshold is enough, whichever place the class has."""
    probabilities = rows([1, 0], [0.75, 0.25], [0.5, 0.5], [0.25, 0.75])
    outputs = run(join(Classes(["no", "yes"], positive, threshold), 2), {"numbers": probabilities})
    assert outputs["label"].tolist() == labels
    np.testing.assert_array_equal(outputs["probabilities"], probabilities)


def test_a_number_gets_its_unit_back(run: Run) -> None:
    """In double precision: 32 bits would lose the last digits of a large mean."""
    mean, deviation = 123_456_789.125, 0.25
    model = join(Scale(mean, deviation), 1)
    assert [value.name for value in model.graph.output] == ["value"]
    value = run(model, {"numbers": rows([0.5], [-2])})["value"]
    assert value.dtype == np.float64
    assert value.tolist() == [mean + 0.5 * deviation, mean - 2 * deviation]


def test_rows_may_be_any_number(run: Run) -> None:
    for head, n_outputs in ((Classes(["a", "b"], None, 0.5), 2), (Scale(0, 1), 1)):
        for n_rows in (0, 1, 7):
            outputs = run(join(head, n_outputs), {"numbers": np.zeros((n_rows, n_outputs), np.float32)})
            assert {len(array) for array in outputs.values()} == {n_rows}


def test_a_temperature_changes_the_probabilities_by_its_formula(run: Run) -> None:
    """A probability of 0 counts as the smallest step of 32 bits."""
    probabilities = rows([0.2, 0.3, 0.5], [1, 0, 0], [0.98, 0.01, 0.01])
    for temperature in (0.5, 1, 2.5):
        head = Classes(["a", "b", "c"], None, 0.5, temperature)
        outputs = run(join(head, 3), {"numbers": probabilities})
        powers = np.maximum(probabilities.astype(float), 2.0**-23) ** (1 / temperature)
        expected = powers / powers.sum(axis=1, keepdims=True)
        np.testing.assert_allclose(outputs["probabilities"], expected, rtol=1e-5)
        assert outputs["label"].tolist() == ["c", "a", "a"]


def test_a_threshold_decides_on_the_probabilities_that_are_shown(run: Run) -> None:
    head = Classes(["no", "yes"], 1, 0.4, temperature=4)
    outputs = run(join(head, 2), {"numbers": rows([0.8, 0.2], [0.95, 0.05])})
    assert outputs["label"].tolist() == ["yes", "no"]
    np.testing.assert_allclose(outputs["probabilities"][:, 1], [0.414, 0.324], atol=1e-3)


def test_a_reach_gives_an_interval_around_the_number(run: Run) -> None:
    model = join(Scale(100.0, 10.0, reach=2.5), 1)
    assert [value.name for value in model.graph.output] == ["value", "low", "high"]
    outputs = run(model, {"numbers": rows([0.5], [-2])})
    assert {name: array.tolist() for name, array in outputs.items()} == {
        "value": [105, 80],
        "low": [102.5, 77.5],
        "high": [107.5, 82.5],
    }
