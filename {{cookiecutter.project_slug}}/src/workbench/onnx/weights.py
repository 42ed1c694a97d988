"""The numbers inside an ONNX file."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = dict[str, Any]


def read_weights(path: Path) -> Values:
    """The weights of an ONNX file by name; those of trees are attributes of their node."""
    import onnx  # only where two models differ

    graph = onnx.load_model(path).graph
    weights = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in graph.initializer}
    for node in graph.node:
        for attribute in node.attribute if node.domain == "ai.onnx.ml" else ():
            value = onnx.helper.get_attribute_value(attribute)
            if isinstance(value, list | int | float):
                name = f"{node.name or node.op_type}.{attribute.name}"
                weights[name] = np.asarray(value)
    return weights


def find_different(first: NDArray[Any], second: NDArray[Any]) -> NDArray[np.bool_]:
    """Where two arrays of the same shape differ; NaN, which marks a gap, is like another NaN."""
    both_nan = (first != first) & (second != second)
    return np.asarray((first != second) & ~both_nan)


def measure_gap(first: NDArray[Any], second: NDArray[Any]) -> float:
    """By how much two arrays of numbers differ at most."""
    gaps = np.abs(np.subtract(second, first, dtype=np.float64))
    return float(np.max(gaps[find_different(first, second)], initial=0))
