"""Check a raw table against its schema, with a clear message where it breaks a rule."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from workbench.data.faults import describe_faults, find_doubtful, find_faults
from workbench.data.read import to_typed
from workbench.data.streaming import write_parquet
from workbench.errors import UserError, say_rows

from ..config import Data


def write_checked(source: pl.LazyFrame, data: Data, name: str, path: Path) -> None:
    """Write a table as Parquet, if it meets its schema.

    Args:
        source: A lazy table; the columns of a text file are strings.
        data: Its schema.
        name: What messages call it.
        path: Where to write: the columns of `data` and the target, each with the type of its kind
            (numbers float64, categories and texts strings, times in microseconds, images bytes).

    Raises:
        UserError: It breaks its schema; the message lists each fault.
    """
    rules, format = data.rules, data.format
    try:
        write_parquet(to_typed(source, rules, format, doubtful=()), path)
        doubtful = find_doubtful(pl.scan_parquet(path, glob=False), rules)
        faults = find_faults(source, rules, format, doubtful)
        if doubtful and not faults:
            write_parquet(to_typed(source, rules, format, doubtful), path)
        faults += [] if faults else find_faults_of_rows(pl.scan_parquet(path, glob=False), data)
    except (OSError, pl.exceptions.PolarsError) as error:
        if getattr(error, "errno", None):  # the disk's error, not a truncated archive's
            raise
        raise UserError(f"{name} is not a table: {str(error).splitlines()[0]}") from error
    if faults:
        raise UserError(f"{name} breaks the schema of {data.name}: {describe_faults(faults)}")


def find_faults_of_rows(table: pl.LazyFrame, data: Data) -> Iterator[str]:
    """Count rows, repeated rows, and classes."""
    target = data.target.column
    # A target and a hash stand for a row: all rows may not fit into memory.
    hash = pl.struct(data.content).hash()
    rows = table.select(target, hash=hash).collect(engine="streaming")
    if data.n_rows not in (None, rows.height):
        yield f"it has {say_rows(rows.height)}, not {data.n_rows}"
    repeated = rows["hash"].is_first_distinct().not_()
    if data.repeats == "refuse" and repeated.any():
        first = repeated.arg_true()[0] + 1
        yield f"repeated rows: {repeated.sum()} (first in row {first})"
    found = rows[target].drop_nulls()
    if found.n_unique() < 2:
        yield f"column {target}, the target, has {found.n_unique()} different values"
    absent = sorted(set(data.target.values or []) - set(found.unique()))
    if absent:
        yield f"no row has the class {', '.join(absent)} of column {target}"
