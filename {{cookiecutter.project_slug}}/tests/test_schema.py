"""What the check of a schema accepts, and what it says about each fault."""

from collections.abc import Callable
from datetime import datetime

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from small_tables import check, describe

from workbench.errors import UserError

from {{ cookiecutter.package_name }}.config import Data

TARGET = "target: {column: label, kind: category}"
SCHEMA = """
columns:
  size: {kind: number, minimum: 0, maximum: 16}
  colour: {kind: category, values: [green, red]}
  depth: {kind: number, missing: true}
  note: {kind: text, missing: true}
  when: {kind: time}
  page: {kind: ignored}
target: {column: label, kind: category, values: [a, b]}
"""
TABLE = pl.DataFrame(
    {
        "size": ["0", "2.5", "16", "1e1"],
        "colour": ["red", "green", "red", " red "],
        "depth": ["-3", "NA", "", "4"],
        "note": ["", "good, but small", "NA", "x"],
        "when": ["2026-01-31", "2026-01-31T12:30", "2026-01-31 12:30:15", "2026-01-31T12:30:15Z"],
        "page": ["1", "", "?", "4"],
        "label": ["a", "b", "a", "b"],
    }
)


def find_fault(table: pl.DataFrame, data: Data) -> str:
    """What the check says about a table, after the part that is always the same."""
    with pytest.raises(UserError) as caught:
        check(table.lazy(), data, "my data")
    begin, _, fault = str(caught.value).partition(": ")
    assert begin == "my data breaks the schema of mine"
    return fault


@pytest.mark.parametrize("order", [list, reversed])
def test_a_table_that_meets_its_schema_gets_the_types_of_its_kinds(
    order: Callable[[list[str]], list[str]],
) -> None:
    """Its columns may be in any order."""
    found = check(TABLE.select(order(TABLE.columns)).lazy(), describe(SCHEMA), "my data")
    times = [(0, 0, 0), (12, 30, 0), (12, 30, 15), (12, 30, 15)]
    expected = {
        "size": [0.0, 2.5, 16.0, 10.0],
        "colour": ["red", "green", "red", "red"],
        "depth": [-3.0, None, None, 4.0],
        "note": [None, "good, but small", None, "x"],
        "when": [datetime(2026, 1, 31, *time) for time in times],
        "page": ["1", None, "?", "4"],
        "label": ["a", "b", "a", "b"],
    }
    assert_frame_equal(found, pl.DataFrame(expected))


def put(table: pl.DataFrame, column: str, value: str | None, *rows: int) -> pl.DataFrame:
    """Write a value into rows, which are counted from 1."""
    here = pl.int_range(1, pl.len() + 1).is_in(rows)
    return table.with_columns(pl.when(here).then(pl.lit(value)).otherwise(column).alias(column))


NO_TIME = "is not a time as YYYY-MM-DD, with or without hh:mm:ss in 1 row"


@pytest.mark.parametrize(
    ("column", "value", "rows", "fault"),
    [
        ("size", "17", [2, 3], "is not within 0 to 16 in 2 rows (first in row 2: '17')"),
        ("size", "-1", [4], "is not within 0 to 16 in 1 row (first in row 4: '-1')"),
        ("size", "many", [3], "is not a number in 1 row (first in row 3: 'many')"),
        ("size", "1,5", [3], "is not a number in 1 row (first in row 3: '1,5')"),
        ("size", "NA", [1, 2, 3], "is empty in 3 rows (first in row 1: 'NA')"),
        ("size", "NaN", [2], "is empty in 1 row (first in row 2: 'NaN')"),
        ("size", "", [2], "is empty in 1 row (first in row 2: nothing)"),
        ("size", None, [2], "is empty in 1 row (first in row 2: nothing)"),
        ("depth", "inf", [1], "is too large a number in 1 row (first in row 1: 'inf')"),
        ("depth", "1e39", [1], "is too large a number in 1 row (first in row 1: '1e39')"),
        ("colour", "Red", [3, 4], "is not one of green, red in 2 rows (first in row 3: 'Red')"),
        ("when", "31.01.2026", [2], f"{NO_TIME} (first in row 2: '31.01.2026')"),
        ("when", "2026-02-30", [2], f"{NO_TIME} (first in row 2: '2026-02-30')"),
        ("label", "c", [4], "is not one of a, b in 1 row (first in row 4: 'c')"),
        ("label", "", [4], "is empty in 1 row (first in row 4: nothing)"),
    ],
)
def test_a_wrong_cell_is_named(column: str, value: str | None, rows: list[int], fault: str) -> None:
    table = put(TABLE, column, value, *rows)
    assert find_fault(table, describe(SCHEMA)) == f"column {column} {fault}"


FAULTS: dict[str, tuple[Callable[[pl.DataFrame], pl.DataFrame], str]] = {
    "column lost": (lambda table: table.drop("size"), "column size is missing"),
    "ignored column lost": (lambda table: table.drop("page"), "column page is missing"),
    "column added": (
        lambda table: table.with_columns(extra=1),
        "column extra is not expected (describe it, or say `kind: ignored`)",
    ),
    "class lost": (
        lambda table: table.filter(pl.col("label") == "a"),
        "column label, the target, has 1 different values; no row has the class b of column label",
    ),
    "empty": (
        lambda table: table.clear(),
        "column label, the target, has 0 different values; no row has the class a, b of "
        "column label",
    ),
    "three faults": (
        lambda table: put(put(table, "size", "x", 1), "colour", "blue", 2).drop("note"),
        "column note is missing; column size is not a number in 1 row (first in row 1: 'x'); "
        "column colour is not one of green, red in 1 row (first in row 2: 'blue')",
    ),
}


@pytest.mark.parametrize(("spoil", "fault"), FAULTS.values(), ids=FAULTS)
def test_a_wrong_table_is_named(spoil: Callable[[pl.DataFrame], pl.DataFrame], fault: str) -> None:
    assert find_fault(spoil(TABLE), describe(SCHEMA)) == fault


def test_of_many_faults_eight_are_named() -> None:
    rule = "{kind: number}"
    columns = "".join(f"\n  c{place}: {rule}" for place in range(11))
    data = describe(f"columns:{columns}\n{TARGET}")
    fault = find_fault(TABLE.select("label"), data)
    assert fault.startswith("column c0 is missing; ")
    assert fault.endswith("; column c7 is missing; and 3 more")


@pytest.mark.parametrize(
    ("rules", "fault"),
    [
        ("n_rows: 5", "it has 4 rows, not 5"),
        ("repeats: refuse", "repeated rows: 2 (first in row 3)"),
        ("columns: {size: {kind: number, minimum: 1}}", "column size is less than 1 in 3 rows"),
        ("columns: {size: {kind: number, maximum: 1}}", "column size is more than 1 in 1 row"),
    ],
)
def test_rules_of_the_whole_table_and_of_one_side(rules: str, fault: str) -> None:
    columns = "" if "columns" in rules else "columns: {size: {kind: number}}"
    data = describe("\n".join([columns, rules, TARGET]))
    table = pl.DataFrame({"size": ["0.5", "2", "0.5", "0.50"], "label": ["a", "b", "a", "a"]})
    assert find_fault(table, data).startswith(fault)


@pytest.mark.parametrize(
    ("images", "fault"),
    [
        ([b"1234", b"123", b""], "in 2 rows (first in row 2: 3 bytes)"),
        ([b"1234", None, b"12345678"], "in 1 row (first in row 3: 8 bytes)"),
        (["1234", "1234", "1234"], "in 3 rows (first in row 1: '1234')"),
    ],
)
def test_an_image_has_a_byte_for_each_number(images: list[bytes | str], fault: str) -> None:
    rule = "{kind: image, width: 2, height: 2, channels: 1}"
    data = describe(f"columns:\n  a: {rule}\n{TARGET}")
    labels = {"label": ["a", "b", "a"]}
    good = pl.DataFrame({"a": [b"1234", b"4321", b"\0\0\0\0"], **labels})
    assert_frame_equal(check(good.lazy(), data, "my data"), good)
    found = find_fault(pl.DataFrame({"a": images, **labels}), data)
    assert f"column a is no image of 2×2 pixels, a byte for each of 1 channels, {fault}" in found
    assert ("column a is empty in 1 row" in found) == (None in images)


def test_what_no_column_knows_repeats_no_row() -> None:
    columns = "columns: {size: {kind: number}, page: {kind: ignored}}"
    data = describe("\n".join([columns, "repeats: refuse", TARGET]))
    table = pl.DataFrame({"size": ["1", "1"], "page": ["1", "2"], "label": ["a", "b"]})
    assert check(table.lazy(), data, "my data").height == 2
    same = table.with_columns(label=pl.Series(["a", "a"]))
    other = pl.DataFrame({"size": ["2"], "page": ["3"], "label": ["b"]})
    assert find_fault(pl.concat([same, other]), data).startswith("repeated rows: 1 ")
