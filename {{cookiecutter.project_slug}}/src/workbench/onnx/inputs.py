"""Columns of a table as the arrays that a model's graph takes, one for each kind of column."""

from collections.abc import Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ..data.images import Shape, to_pixels

Inputs = dict[str, list[str]]  # the columns of `image`, `numbers`, `categories` and `text`


def to_arrays(
    table: pl.DataFrame, inputs: Mapping[str, list[str]], image: Shape | None = None
) -> dict[str, NDArray[np.generic]]:
    """Compute the inputs of a graph.

    Args:
        table: The columns.
        inputs: Their names, by kind.
        image: The height, width and channels of the image, if one is among them.

    Returns:
        `image` uint8 [n, height, width, channels]; `numbers` float32 [n, a] with NaN for gaps;
        `categories` and `text`, strings [n, b] and [n, t], in which a gap is empty and text is in
        lower case.
    """
    arrays: dict[str, NDArray[np.generic]] = {}
    for kind, names in inputs.items():
        if kind == "image":
            assert image is not None
            arrays[kind] = to_pixels(table[names[0]], image)
            continue
        columns = table[names]  # `select` takes longer than the model for a single row
        if kind == "numbers":
            arrays[kind] = np.ascontiguousarray(columns.cast(pl.Float32).to_numpy())
            continue
        columns = columns.cast(pl.String).fill_null("")
        if kind == "text":  # inside the graph, it would depend on the system's locale
            columns = columns.with_columns(pl.all().str.to_lowercase())
        arrays[kind] = columns.to_numpy().astype(object)
    return arrays
