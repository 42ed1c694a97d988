"""The faults of a table: each in a line with its column, how often it is there, and where first."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from workbench.data.column import Column
from workbench.data.faults import find_faults
from workbench.data.read import Format, scan


def find(column: Column, cells: list[Any], format: Format | None = None) -> list[str]:
    """The faults of a column `x` with these cells."""
    return find_faults(pl.LazyFrame({"x": cells}), {"x": column}, format or Format())


@pytest.mark.parametrize(
    ("column", "cells", "fault"),
    [
        (Column("number"), ["1", "", "NA"], "is empty in 2 rows (first in row 2: nothing)"),
        (Column("text"), ["a", None], "is empty in 1 row (first in row 2: nothing)"),
        (Column("number"), ["1", "one", "1,5"], "is not a number in 2 rows (first in row 2: 'one')"),
        (Column("number"), ["1", "1e39"], "is too large a number in 1 row (first in row 2: '1e39')"),
        (Column("number"), [1.0, float("-inf")], "is too large a number in 1 row (first in row 2: -inf)"),
        (
            Column("number", minimum=0, maximum=16),
            ["0", "16", "16.5", "-1"],
            "is not within 0 to 16 in 2 rows (first in row 3: '16.5')",
        ),
        (Column("number", minimum=0), [1, -2], "is less than 0 in 1 row (first in row 2: -2)"),
        (Column("number", maximum=0.5), [0, 1], "is more than 0.5 in 1 row (first in row 2: 1)"),
        (
            Column("category", values=["a", 1]),
            ["a", "1.0", "A", "b"],
            "is not one of a, 1 in 2 rows (first in row 3: 'A')",
        ),
        (
            Column("category", values=list(range(12))),
            [11, 12],
            "is not one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, … in 1 row (first in row 2: 12)",
        ),
        (
            Column("time"),
            ["2026-01-01", "1.2.26"],
            "is not a time as YYYY-MM-DD, with or without hh:mm:ss in 1 row (first in row 2: '1.2.26')",
        ),
        (
            Column("time", format="%Y"),
            ["2026-01-01"],
            "is not a time as %Y in 1 row (first in row 1: '2026-01-01')",
        ),
        (
            Column("image", width=2, height=1, channels=3),
            [b"123456", b"12345", b""],
            "is no image of 2\u00d71 pixels, a byte for each of 3 channels, "
            "in 2 rows (first in row 2: 5 bytes)",
        ),
    ],
)
def test_a_broken_rule_is_a_line(column: Column, cells: list[Any], fault: str) -> None:
    assert find(column, cells) == [f"column x {fault}"]


@pytest.mark.parametrize(
    ("column", "cells"),
    [
        (Column("number", minimum=0, maximum=1, missing=True), ["0", "1", "", "NaN", None]),
        (Column("number", minimum=0, missing=True), [0.0, float("nan"), None]),
        (Column("category", values=["a"], missing=True), ["a", " a ", ""]),
        (Column("time", missing=True), ["2026-01-01", "NA"]),
        (Column("text"), ["NA is a gap, this is not"]),
        (Column("ignored"), [None, "anything"]),
        (Column("image", width=2, height=1, channels=3), [b"123456", bytes(6)]),
    ],
)
def test_what_is_allowed_is_no_fault(column: Column, cells: list[Any]) -> None:
    assert find(column, cells) == []


def test_columns_that_lack_or_are_too_many_are_named() -> None:
    table = pl.LazyFrame({"b": [1], "c": [1], "d": [1]})
    columns = {"a": Column("number"), "b": Column("number"), "d": Column("ignored")}
    assert find_faults(table, columns, Format()) == [
        "column a is missing",
        "column c is not expected (describe it, or say `kind: ignored`)",
    ]


def test_all_faults_are_found_at_once() -> None:
    table = pl.LazyFrame({"a": ["", "2", "x"], "b": ["1", "1", "1"]})
    columns = {"a": Column("number", maximum=1), "b": Column("category", values=["0"])}
    assert [fault.partition(" in ")[0] for fault in find_faults(table, columns, Format())] == [
        "column a is empty",
        "column a is not a number",
        "column a is more than 1",
        "column b is not one of 0",
    ]


def test_rows_are_counted_without_the_header(tmp_path: Path) -> None:
    rows = ["1"] * 70_000 + ["-1"]
    (tmp_path / "raw.csv").write_text("\n".join(["x", *rows]) + "\n")
    table = scan(tmp_path / "raw.csv", Format())
    (fault,) = find_faults(table, {"x": Column("number", minimum=0)}, Format())
    assert fault == "column x is less than 0 in 1 row (first in row 70001: '-1')"


def test_a_long_value_is_cut() -> None:
    (fault,) = find(Column("number"), ["word " * 1000])
    assert len(fault) < 120


def test_a_decimal_comma_is_read_where_it_is_said() -> None:
    (fault,) = find(Column("number"), ["1,5"])
    assert "is not a number" in fault
    assert find(Column("number", maximum=1), ["1,5"], Format(";", ",")) == [
        "column x is more than 1 in 1 row (first in row 1: '1,5')"
    ]
