"""Whether the bare scripts have done the work of the pipeline: `python same_outputs.py PROJECT FOLDER`.

Each output of the pipeline has to be in the folder, too, with the same bytes. Only a model differs: it is
exported by one call there, and in the project it also holds its preprocessing, its labels and what it was
trained on. So models have the same weights, and `served.json`, which names one by its hash, the same scores.

Runs in the project's environment, and prints how many outputs have the same bytes, and how many the
same content alone.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
import yaml

# What a person would not write: the first has no rows, the second is a part of each model.
LEFT_OUT = {"calibration.parquet", "preprocessing.onnx", "splits.md"}


def read_weights(path):
    """The floating-point numbers of a model, by names."""
    graph = onnx.load(path).graph
    tensors = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in graph.initializer}
    # The project's parts have prefixes, and it also divides the pixels.
    return {
        name.rpartition("/")[2]: tensor
        for name, tensor in tensors.items()
        if np.issubdtype(tensor.dtype, np.floating)
    }


def read_served(path):
    """What the API shows, without the hash of the model's file."""
    return json.loads(path.read_text(encoding="utf-8")) | {"sha256": ""}


def is_same(first, second):
    """Whether two files hold the same."""
    if first.read_bytes() == second.read_bytes():
        return True
    if first.name == "served.json":
        return read_served(first) == read_served(second)
    if first.suffix != ".onnx":
        return False
    one, other = read_weights(first), read_weights(second)
    return one.keys() == other.keys() and all(np.array_equal(one[name], other[name]) for name in one)


project, folder = map(Path, sys.argv[1:])
lock = yaml.safe_load((project / "dvc.lock").read_text(encoding="utf-8"))
written = [Path(out["path"]) for stage in lock["stages"].values() for out in stage["outs"]]
outputs = [path for path in written if path.name not in LEFT_OUT]
assert outputs
if missing := sorted(str(path) for path in outputs if not (folder / path).is_file()):
    sys.exit(f"The bare scripts do other work than the pipeline. Not written: {', '.join(missing)}")
if wrong := sorted(str(path) for path in outputs if not is_same(project / path, folder / path)):
    sys.exit(f"The bare scripts do other work than the pipeline. Other results: {', '.join(wrong)}")
identical = sum((project / path).read_bytes() == (folder / path).read_bytes() for path in outputs)
print(identical, len(outputs) - identical)
