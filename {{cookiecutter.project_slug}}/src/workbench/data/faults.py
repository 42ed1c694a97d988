"""The faults of a table: which rule is broken in which column, how often, and where first."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from math import prod
from typing import NamedTuple

import polars as pl

from ..errors import say_rows
from .column import Column
from .read import Format, convert, given

ROW = "__row__"  # a name that no table has
SHOWN = 8  # faults in a message
LARGEST = 3e38  # in 32 bits, in which models compute


class Rule(NamedTuple):
    """A rule for a column: the words for a broken rule, and the rows that break it."""

    column: str
    text: str
    broken: pl.Expr


def find_doubtful(table: pl.LazyFrame, columns: Mapping[str, Column]) -> list[str]:
    """Quickly find the columns that may break a rule: those with gaps or unexpected values.

    Args:
        table: As `to_typed` gives it.
        columns: The rules of each column.
    """
    doubts = []
    for name in table.collect_schema().names():
        column, value = columns[name], pl.col(name)
        if column.kind == "ignored":
            continue
        doubt = value.is_null().any()
        if column.kind == "number":
            low = -LARGEST if column.minimum is None else column.minimum
            high = LARGEST if column.maximum is None else column.maximum
            doubt |= (value.min() < low) | (value.max() > high)
        if column.kind == "image":
            doubt |= (value.bin.size() != prod(column.shape)).any()
        if column.values is not None:
            doubt |= value.is_in(column.values).not_().any()
        doubts.append(doubt.alias(name))
    if not doubts:
        return []
    found = table.select(doubts).collect(engine="streaming").row(0, named=True)
    return [name for name, doubtful in found.items() if doubtful]


def find_faults(
    table: pl.LazyFrame,
    columns: Mapping[str, Column],
    format: Format,
    doubtful: Collection[str] | None = None,
) -> list[str]:
    """List each way in which a table breaks the rules of its columns.

    Args:
        table: As `scan` gives it.
        columns: The rules of each column.
        format: How the file writes its values.
        doubtful: The columns whose values are looked at; None: all.

    Returns:
        A line for each: the column, the rule, how many rows, and the first row and its value. Rows
        are counted from 1, without the header.
    """
    types = table.collect_schema()
    faults = [f"column {name} is missing" for name in columns if name not in types]
    faults += [
        f"column {name} is not expected (describe it, or say `kind: ignored`)"
        for name in types
        if name not in columns
    ]
    rules = [
        rule
        for name, column in columns.items()
        if name in types and (doubtful is None or name in doubtful)
        for rule in _make_rules(name, types[name], column, format)
    ]
    return [*faults, *_apply(table, rules)]


def describe_faults(faults: Sequence[str]) -> str:
    """The first faults in one line, and how many there are besides."""
    more = [f"and {len(faults) - SHOWN} more"] if faults[SHOWN:] else []
    return "; ".join([*faults[:SHOWN], *more])


def breaks_a_rule(table: pl.LazyFrame, columns: Mapping[str, Column], format: Format) -> pl.Expr:
    """Whether a row of the table breaks a rule of any column."""
    types = table.collect_schema()
    return pl.any_horizontal(
        pl.lit(False),
        *(
            rule.broken.fill_null(False)
            for name, column in columns.items()
            for rule in _make_rules(name, types[name], column, format)
        ),
    )


def _apply(table: pl.LazyFrame, rules: list[Rule]) -> Iterator[str]:
    """The lines of the rules that are broken, found in one pass over the table."""
    if not rules:
        return
    counts = [rule.broken.sum().alias(f"count {i}") for i, rule in enumerate(rules)]
    firsts = [
        pl.when(rule.broken).then(ROW).min().alias(f"first {i}") for i, rule in enumerate(rules)
    ]
    found = table.with_row_index(ROW).select(*counts, *firsts).collect(engine="streaming")
    for i, rule in enumerate(rules):
        if count := found[f"count {i}"].item():
            first = found[f"first {i}"].item()
            value = table.slice(first, 1).select(rule.column).collect().item()
            shown = "nothing" if value is None or value == "" else repr(value)[:40]
            if isinstance(value, bytes):
                shown = f"{len(value)} bytes"
            first_one = f"(first in row {first + 1}: {shown})"
            yield f"column {rule.column} {rule.text} in {say_rows(count)} {first_one}"


def _make_rules(name: str, type: pl.DataType, column: Column, format: Format) -> Iterator[Rule]:
    if column.kind == "ignored":
        return
    present = given(name, type, column, format)
    value = convert(name, type, column, format)
    if not column.missing:
        yield Rule(name, "is empty", ~present)
    if column.kind == "number":
        yield Rule(name, "is not a number", present & value.is_null())
        yield Rule(name, "is too large a number", value.abs() > LARGEST)
        yield from _limit(name, column, value)
    if column.kind == "time":
        form = column.format or "YYYY-MM-DD, with or without hh:mm:ss"
        yield Rule(name, f"is not a time as {form}", present & value.is_null())
    if column.kind == "image":
        height, width, channels = column.shape
        wrong = value.is_null() | (value.bin.size() != prod(column.shape))
        text = f"is no image of {width}×{height} pixels, a byte for each of {channels} channels,"
        yield Rule(name, text, present & wrong)
    if column.values is not None:
        allowed = ", ".join(column.values[:10]) + ", …" * (len(column.values) > 10)
        broken = present & ~value.is_in(column.values)
        yield Rule(name, f"is not one of {allowed}", broken)


def _limit(name: str, column: Column, value: pl.Expr) -> Iterator[Rule]:
    low, high = column.minimum, column.maximum
    match low is not None, high is not None:
        case True, True:
            inside = value.is_between(low, high)
            yield Rule(name, f"is not within {low:g} to {high:g}", ~inside)
        case True, False:
            yield Rule(name, f"is less than {low:g}", value < low)
        case False, True:
            yield Rule(name, f"is more than {high:g}", value > high)
