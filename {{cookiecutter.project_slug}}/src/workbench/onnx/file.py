"""ONNX files: written as the same bytes each time, and read without trust."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import UserError
from ..files import replacing

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import onnx
    from numpy.typing import NDArray

    Arrays = dict[str, NDArray[np.generic]]


def write_onnx(model: onnx.ModelProto, path: Path, facts: dict[str, Any] | None = None) -> None:
    """Write a model without what differs between two exports of the same weights.

    Exporters leave the operator sets in the order of a Python set (so of `PYTHONHASHSEED`), and
    source paths in the metadata. `facts` become the file's metadata instead, as JSON.
    """
    import onnx  # not where models are only read

    opsets = {opset.domain: opset.version for opset in model.opset_import}
    del model.opset_import[:]
    model.opset_import.extend(
        onnx.helper.make_opsetid(domain, version) for domain, version in sorted(opsets.items())
    )
    for part in (model, model.graph, *model.graph.node):
        part.doc_string = ""
        del part.metadata_props[:]
    for name, value in sorted((facts or {}).items()):
        model.metadata_props.add(key=name, value=json.dumps(value, ensure_ascii=False))
    onnx.checker.check_model(model)
    with replacing(path) as part:
        part.write_bytes(model.SerializeToString(deterministic=True))


class OnnxModel:
    """A model file, loaded by onnxruntime."""

    def __init__(self, path: Path, threads: int = 1, made_by: str = "make train") -> None:
        """Load `path`, and run with this many threads.

        Raises:
            UserError: The file is missing, or not a model; the message says what makes it.
        """
        if not path.is_file():
            raise UserError(f"{path} is not there: run `{made_by}`")
        import onnxruntime  # not where models are only written

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        try:
            self._session = onnxruntime.InferenceSession(
                path, options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # onnxruntime's exceptions share no other base class
            raise UserError(f"{path} is not an ONNX model: run `{made_by}`") from error
        self._outputs = [output.name for output in self._session.get_outputs()]

    @property
    def facts(self) -> dict[str, Any]:
        """The metadata that `write_onnx` kept with the model."""
        kept = self._session.get_modelmeta().custom_metadata_map
        return {name: json.loads(value) for name, value in kept.items()}

    def run(self, inputs: Mapping[str, NDArray[np.generic]]) -> Arrays:
        """Compute the outputs from the inputs, both by name."""
        return dict(zip(self._outputs, self._session.run(self._outputs, inputs), strict=True))
