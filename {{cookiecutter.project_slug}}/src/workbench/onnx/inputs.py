"""Columns of a table as the arrays that a model's graph takes, one for each kind of column."""

from collections.abc import Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

Inputs = dict[str, list[str]]  # the columns of `numbers`, `categories` and `text`
Arrays = dict[str, NDArray[np.generic]]  # and their values


def to_arrays(table: pl.DataFrame, inputs: Mapping[str, list[str]]) -> Arrays:
    """Compute the inputs of a graph.

    Returns:
        `numbers` float32 [n, a] with NaN for gaps; `categories` and `text`, strings [n, b] and
        [n, t], in which a gap is empty and text is in lower case.
    """
    arrays: Arrays = {}
    for kind, names in inputs.items():
        columns = table[names]  # so does `select`
        if kind == "numbers":
            # By NumPy: for a single row, `cast` takes longer than the model.
            arrays[kind] = np.ascontiguousarray(columns.to_numpy(), dtype=np.float32)
            continue
        columns = columns.cast(pl.String).fill_null("")
        if kind == "text":  # inside the graph, it would depend on the system's locale
            columns = columns.with_columns(pl.all().str.to_lowercase())
        arrays[kind] = columns.to_numpy().astype(object)
    return arrays
