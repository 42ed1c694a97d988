"""Models as ONNX files: written as the same bytes each time, and read without trust."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.errors import UserError
from workbench.files import replacing

if TYPE_CHECKING:
    import numpy as np
    import onnx
    from numpy.typing import NDArray


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
        model.metadata_props.add(key=name, value=json.dumps(value))
    onnx.checker.check_model(model)
    with replacing(path) as part:
        part.write_bytes(model.SerializeToString(deterministic=True))


class OnnxModel:
    """A model file, loaded by onnxruntime."""

    def __init__(self, path: Path, threads: int = 1) -> None:
        """Load `path`, to predict with so many threads.

        Raises:
            UserError: The file is missing, or not a model.
        """
        if not path.is_file():
            raise UserError(f"{path} is not there: run `make train`")
        import onnxruntime  # not where models are only written

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        try:
            self._session = onnxruntime.InferenceSession(
                path, options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # onnxruntime's exceptions share no other base class
            raise UserError(f"{path} is not an ONNX model: run `make train`") from error

    @property
    def facts(self) -> dict[str, Any]:
        """What `write_onnx` was given to keep with the model."""
        kept = self._session.get_modelmeta().custom_metadata_map
        return {name: json.loads(value) for name, value in kept.items()}

    @property
    def n_features(self) -> int:
        """How many features the model takes."""
        return int(self._session.get_inputs()[0].shape[1])

    def predict(
        self, features: NDArray[np.float32]
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Predict the classes of `features` [n, d].

        Returns:
            Labels [n] and probabilities [n, c].
        """
        labels, probabilities = self._session.run(
            ["label", "probabilities"], {"features": features}
        )
        return labels, probabilities
