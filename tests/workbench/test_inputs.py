"""Columns as the arrays that a graph takes."""

import numpy as np
import polars as pl
from workbench.onnx.inputs import to_arrays

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
