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


def find_unequal(a: NDArray[Any], b: NDArray[Any]) -> NDArray[np.bool_]:
    """Which values of two arrays of one shape differ; NaN is a value, too."""
    return np.asarray((a != b) & ((a == a) | (b == b)))
