"""Columns of a table as the arrays that a model's graph takes, one for each kind of column."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ..data.images import Shape, to_pixels

Inputs = dict[str, list[str]]  # the columns of `image`, `numbers`, `categories` and `text`
Arrays = dict[str, NDArray[np.generic]]  # and their values


def to_arrays(
    table: pl.DataFrame, inputs: Mapping[str, list[str]], image: Shape | None = None
) -> Arrays:
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
    arrays: Arrays = {}
    for kind, names in inputs.items():
        if kind == "image":
            assert image is not None
            arrays[kind] = to_pixels(table[names[0]], image)
            continue
        columns = table[names]
        if kind == "numbers":
            arrays[kind] = np.ascontiguousarray(columns.to_numpy(), dtype=np.float32)
            continue
        columns = columns.cast(pl.String).fill_null("")
        if kind == "text":  # inside the graph, it would depend on the system's locale
            columns = columns.with_columns(pl.all().str.to_lowercase())
        arrays[kind] = columns.to_numpy().astype(object)
    return arrays


def records_to_arrays(
    records: Sequence[Mapping[str, Any]],
    inputs: Mapping[str, list[str]],
    image: Shape | None = None,
) -> Arrays:
    """Compute the same for a few records, faster than by way of a table.

    Args:
        records: Numbers are float, categories and text are str, images are bytes; a gap is None, or
            left out.
        inputs: The names of the columns.
        image: The height, width and channels of the image, if one is among them.
    """
    arrays: Arrays = {}
    for kind, names in inputs.items():
        rows = [[record.get(name) for name in names] for record in records]
        if kind == "numbers":
            arrays[kind] = np.array(rows, dtype=np.float32)
        elif kind == "image":
            assert image is not None
            arrays[kind] = to_pixels((row[0] for row in rows), image)
        elif kind == "categories":
            arrays[kind] = np.array([[value or "" for value in row] for row in rows], dtype=object)
        else:
            table = pl.DataFrame(rows, dict.fromkeys(names, pl.String), orient="row")
            arrays |= to_arrays(table, {kind: names})
    return arrays


def returns_its_argument(function: Callable[..., object]) -> bool:
    """Whether a function only returns its table: its code equals that of such a function."""
    code = getattr(function, "__code__", None)
    return code is not None and code.co_code == (lambda table: table).__code__.co_code
