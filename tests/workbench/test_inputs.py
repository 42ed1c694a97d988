"""Columns as the arrays that a graph takes."""

from functools import partial
from typing import Any

import numpy as np
import polars as pl
from workbench.onnx.inputs import records_to_arrays, returns_its_argument, to_arrays

TABLE = pl.DataFrame(
    {
        "a": [1, 2],
        "b": [True, None],
        "c": ["x", None],
        "d": pl.Series(["p", "q"], dtype=pl.Categorical),
        "e": ["ÄRGER Über ẞ", None],
    }
)


def test_each_kind_has_an_array() -> None:
    arrays = to_arrays(TABLE, {"numbers": ["b", "a"], "categories": ["c", "d"], "text": ["e"]})
    assert list(arrays) == ["numbers", "categories", "text"]
    assert arrays["numbers"].dtype == np.float32
    assert arrays["numbers"].flags.c_contiguous
    np.testing.assert_array_equal(arrays["numbers"], [[1, 1], [np.nan, 2]])
    assert arrays["categories"].tolist() == [["x", "p"], ["", "q"]]
    assert arrays["text"].tolist() == [["ärger über ß"], [""]]


def test_an_image_has_its_own_array() -> None:
    table = TABLE.with_columns(e=pl.Series([bytes([0, 1, 2, 3, 4, 255]), None]))
    arrays = to_arrays(table, {"image": ["e"], "numbers": ["a"]}, (1, 2, 3))
    assert arrays["image"].tolist() == [[[[0, 1, 2], [3, 4, 255]]], [[[0, 0, 0], [0, 0, 0]]]]
    assert arrays["image"].dtype == np.uint8
    assert list(arrays) == ["image", "numbers"]


def test_a_table_without_rows_has_arrays_without_rows() -> None:
    arrays = to_arrays(TABLE.clear(), {"numbers": ["a", "b"], "text": ["e"]})
    assert {kind: array.shape for kind, array in arrays.items()} == {"numbers": (0, 2), "text": (0, 1)}


def test_records_have_the_arrays_of_their_table() -> None:
    records: list[dict[str, Any]] = [
        {"a": 0.1, "b": 1e30, "c": "x", "e": "ÄRGER Über ẞ"},
        {"a": None, "b": 2.0, "c": None, "e": None},
        {"b": -3.0},
    ]
    types = {"a": pl.Float64, "b": pl.Float64, "c": pl.String, "e": pl.String}
    inputs = {"numbers": ["b", "a"], "categories": ["c"], "text": ["e"]}
    of_table = to_arrays(pl.from_dicts(records, types), inputs)
    of_records = records_to_arrays(records, inputs)
    assert list(of_records) == list(of_table)
    for kind, array in of_table.items():
        assert of_records[kind].dtype == array.dtype
        np.testing.assert_array_equal(of_records[kind], array)


def test_only_a_function_without_work_returns_its_argument() -> None:
    def leave(table: pl.DataFrame) -> pl.DataFrame:
        """With a docstring, and a comment."""
        return table  # as it is

    def change(table: pl.DataFrame) -> pl.DataFrame:
        return table.with_columns(c=1)

    def change_at_times(table: pl.DataFrame) -> pl.DataFrame:
        return table.with_columns(c=1) if "a" in table.columns else table

    assert returns_its_argument(leave)
    assert not returns_its_argument(change)
    assert not returns_its_argument(change_at_times)
    assert not returns_its_argument(partial(leave))
