"""Whether the bare scripts have done the work of the pipeline: `python same_outputs.py PROJECT FOLDER`.

Each output of the pipeline has to be in the folder, too, with the same bytes: data, splits, examples, the
table of metrics and the figures. A model is exported by one call there, and by parts in the project, whose
preprocessing rounds in another order. So models, and what is computed by them, have the same numbers
(to 1e-4), and the same labels.

Runs in the project's environment, and prints how many outputs have the same bytes, and the same numbers.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
import polars as pl
import yaml

LEFT_OUT = {  # what a person would not write
    "data/processed/preprocessing.onnx",  # it is a part of each model
    "data/processed/splits.md",
    "reports/served.json",
}
ROUNDED = ("models/", "reports/metrics.json", "reports/predictions.parquet")


def read(path):
    """The numbers and labels in a file, by names."""
    match path.suffix:
        case ".json":
            values = json.loads(path.read_text(encoding="utf-8"))
            flat = {name: value if isinstance(value, dict) else {"": value} for name, value in values.items()}
            return {f"{name}.{key}": v for name, inner in flat.items() for key, v in inner.items()}
        case ".onnx":
            graph = onnx.load(path).graph
            tensors = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in graph.initializer}
            tensors |= {
                f"{node.op_type}.{attribute.name}": np.array(attribute.floats)
                for node in graph.node
                for attribute in node.attribute
                if attribute.floats
            }
            # The project's parts have prefixes; labels and shapes are written in other ways.
            return {
                n.rpartition("/")[2]: t for n, t in tensors.items() if np.issubdtype(t.dtype, np.floating)
            }
        case _:
            table = pl.read_csv(path) if path.suffix == ".csv" else pl.read_parquet(path)
            return {column.name: column.to_numpy() for column in table}


def same_numbers(first, second):
    """Whether two files hold the same."""
    one, other = read(first), read(second)
    if {name: np.shape(value) for name, value in one.items()} != {n: np.shape(v) for n, v in other.items()}:
        return False
    return all(
        np.allclose(value, other[name], rtol=1e-4, atol=1e-4)
        if np.issubdtype(np.asarray(value).dtype, np.number)
        else np.array_equal(value, other[name])
        for name, value in one.items()
    )


project, folder = map(Path, sys.argv[1:])
lock = yaml.safe_load((project / "dvc.lock").read_text(encoding="utf-8"))
outputs = {out["path"] for stage in lock["stages"].values() for out in stage["outs"]} - LEFT_OUT
assert outputs
if missing := sorted(name for name in outputs if not (folder / name).is_file()):
    sys.exit(f"The bare scripts do other work than the pipeline. Not written: {', '.join(missing)}")
other = sorted(name for name in outputs if (folder / name).read_bytes() != (project / name).read_bytes())
wrong = [name for name in other if not name.startswith(ROUNDED)]
wrong += [name for name in other if name not in wrong and not same_numbers(project / name, folder / name)]
if wrong:
    sys.exit(f"The bare scripts do other work than the pipeline. Other results: {', '.join(wrong)}")
print(len(outputs) - len(other), len(other))
