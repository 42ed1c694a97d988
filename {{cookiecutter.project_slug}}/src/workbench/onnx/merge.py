"""Join ONNX models into one, from raw columns to predictions.

A merged model takes the inputs of the preprocessing, and gives `label` and `probabilities`, or
`value`, with `low` and `high` if it has intervals. Operators: https://onnx.ai/onnx/operators/.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import onnx
from onnx import NodeProto, TensorProto, helper, numpy_helper

OPSET = 21  # of the operators that this module adds
N = "n"  # the name of the first axis
SMALLEST = np.finfo(np.float32).eps  # a smaller probability counts as this, as for the temperature


def concatenate(parts: Mapping[str, onnx.ModelProto]) -> onnx.ModelProto:
    """Join models side by side: the columns of their first outputs follow each other.

    Args:
        parts: The inputs of each are left as they are; each gives float32 [n, d].

    Returns:
        A model with the inputs of all, and the output `features` float32 [n, sum of all d].
    """
    graphs = [_prefix(part, f"{name}/") for name, part in parts.items()]
    outputs = [graph.output[0].name for graph in graphs]
    joined = helper.make_node("Concat", outputs, ["features"], axis=1)
    features = helper.make_tensor_value_info("features", TensorProto.FLOAT, [N, None])
    inputs = [value for graph in graphs for value in graph.input]
    return _make("preprocessing", parts.values(), graphs, [joined], inputs, [features])


def add_head(
    preprocessing: onnx.ModelProto, model: onnx.ModelProto, head: "Classes | Scale"
) -> onnx.ModelProto:
    """Join preprocessing and model, and turn the model's output into an answer.

    Args:
        preprocessing: Gives `features`.
        model: Takes `features`, and gives float32 [n, c] or [n, 1] as its last output.
        head: What the output means.
    """
    graphs = [_prefix(preprocessing, "preprocessing/"), _prefix(model, "model/")]
    graphs[0].node.append(
        helper.make_node("Identity", [graphs[0].output[0].name], [graphs[1].input[0].name])
    )
    nodes, weights, outputs = head.make(graphs[1].output[-1].name)
    merged = _make("model", [preprocessing, model], graphs, nodes, list(graphs[0].input), outputs)
    merged.graph.initializer.extend(weights)
    return merged


Parts = tuple[list[NodeProto], list[TensorProto], list[onnx.ValueInfoProto]]


class Classes:
    """The output is the probability of each class."""

    def __init__(
        self,
        labels: Sequence[str],
        positive: int | None,
        threshold: float,
        temperature: float | None = None,
    ) -> None:
        """Predict the most probable class or, of two, the positive one from a threshold on.

        With a temperature T, a probability p becomes softmax(log p / T) first.
        """
        self._labels, self._positive, self._threshold = labels, positive, threshold
        self._temperature = temperature

    def make(self, output: str) -> Parts:
        """`label` string [n] and `probabilities` float32 [n, c]."""
        weights = [numpy_helper.from_array(np.array(self._labels, dtype=object), "labels")]
        nodes = [helper.make_node("Identity", [output], ["probabilities"])]
        if self._temperature is not None:
            weights += [
                numpy_helper.from_array(np.array(SMALLEST, np.float32), "smallest"),
                numpy_helper.from_array(np.array(self._temperature, np.float32), "temperature"),
            ]
            nodes = [
                helper.make_node("Clip", [output, "smallest"], ["clipped"]),
                helper.make_node("Log", ["clipped"], ["logarithms"]),
                helper.make_node("Div", ["logarithms", "temperature"], ["logits"]),
                helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
            ]
        if self._positive is None:
            nodes.append(
                helper.make_node("ArgMax", ["probabilities"], ["index"], axis=1, keepdims=0)
            )
        else:
            order = np.array([1 - self._positive, self._positive])
            weights += [
                numpy_helper.from_array(np.array(self._positive), "positive"),
                numpy_helper.from_array(np.array(self._threshold, np.float32), "threshold"),
                numpy_helper.from_array(order, "order"),
            ]
            nodes += [
                helper.make_node("Gather", ["probabilities", "positive"], ["score"], axis=1),
                helper.make_node("GreaterOrEqual", ["score", "threshold"], ["decided"]),
                helper.make_node("Cast", ["decided"], ["place"], to=TensorProto.INT64),
                helper.make_node("Gather", ["order", "place"], ["index"]),
            ]
        nodes.append(helper.make_node("Gather", ["labels", "index"], ["label"]))
        return (
            nodes,
            weights,
            [
                helper.make_tensor_value_info("label", TensorProto.STRING, [N]),
                helper.make_tensor_value_info(
                    "probabilities", TensorProto.FLOAT, [N, len(self._labels)]
                ),
            ],
        )


class Scale:
    """The output is a number with mean 0 and deviation 1 in the training split."""

    def __init__(self, mean: float, deviation: float, reach: float | None = None) -> None:
        """Convert the number back to its unit; with a reach, add an interval of it to each side."""
        self._mean, self._deviation, self._reach = mean, deviation, reach

    def make(self, output: str) -> Parts:
        """`value` float64 [n], with a reach also `low` and `high`."""
        weights = [
            numpy_helper.from_array(np.array([-1], dtype=np.int64), "flat"),
            numpy_helper.from_array(np.array(self._mean, dtype=np.float64), "mean"),
            numpy_helper.from_array(np.array(self._deviation, dtype=np.float64), "deviation"),
        ]
        nodes = [
            helper.make_node("Reshape", [output, "flat"], ["scaled"]),
            helper.make_node("Cast", ["scaled"], ["precise"], to=TensorProto.DOUBLE),
            helper.make_node("Mul", ["precise", "deviation"], ["product"]),
            helper.make_node("Add", ["product", "mean"], ["value"]),
        ]
        names = ["value"]
        if self._reach is not None:
            names += ["low", "high"]
            weights.append(numpy_helper.from_array(np.array(self._reach, np.float64), "reach"))
            nodes += [
                helper.make_node("Sub", ["value", "reach"], ["low"]),
                helper.make_node("Add", ["value", "reach"], ["high"]),
            ]
        outputs = [helper.make_tensor_value_info(name, TensorProto.DOUBLE, [N]) for name in names]
        return nodes, weights, outputs


def _prefix(model: onnx.ModelProto, prefix: str) -> onnx.GraphProto:
    """A copy of a model's graph whose names differ from those of every other part."""
    if model.functions:
        raise ValueError("a model with functions of its own cannot be joined")
    return onnx.compose.add_prefix_graph(
        model.graph, prefix, rename_inputs=prefix == "model/", rename_outputs=True
    )


def _make(
    name: str,
    models: Iterable[onnx.ModelProto],
    graphs: Sequence[onnx.GraphProto],
    nodes: Sequence[NodeProto],
    inputs: Sequence[onnx.ValueInfoProto],
    outputs: Sequence[onnx.ValueInfoProto],
) -> onnx.ModelProto:
    """A model of the nodes of several graphs and of more nodes after them."""
    opsets = {"": OPSET}
    models = list(models)
    for model in models:
        for opset in model.opset_import:
            domain = "" if opset.domain == "ai.onnx" else opset.domain
            opsets[domain] = max(opset.version, opsets.get(domain, 0))
    graph = helper.make_graph(
        [*(node for graph in graphs for node in graph.node), *nodes],
        name,
        inputs,
        outputs,
        [weight for graph in graphs for weight in graph.initializer],
    )
    return helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid(*item) for item in sorted(opsets.items())],
        ir_version=max(model.ir_version for model in models),
    )
