"""What a raw table has to look like, and a clear word where it does not."""

from collections.abc import Iterator

import polars as pl

from workbench.data.faults import find_faults
from workbench.data.read import to_typed
from workbench.errors import UserError

from ..config import Data

SHOWN = 8  # faults in a message


def check(table: pl.LazyFrame, data: Data, name: str) -> pl.LazyFrame:
    """Check a table as its source has it.

    Args:
        table: Not read yet; the columns of a text file are texts.
        data: Its schema.
        name: What messages call it.

    Returns:
        The table, not read yet: the columns of `data` and the target, each with the type of its
        kind (numbers float64, categories and texts strings, times in microseconds).

    Raises:
        UserError: It breaks its schema: each way it does, in one line.
    """
    try:
        faults = find_faults(table, data.rules, data.format)
        typed = to_typed(table, data.rules, data.format)
        if not faults:
            faults += find_faults_of_rows(typed, data)
    except (OSError, pl.exceptions.PolarsError) as error:  # OSError: an archive that is cut off
        raise UserError(f"{name} is not a table: {str(error).splitlines()[0]}") from error
    if faults:
        more = [f"and {len(faults) - SHOWN} more"] if faults[SHOWN:] else []
        shown = "; ".join([*faults[:SHOWN], *more])
        raise UserError(f"{name} breaks the schema of {data.name}: {shown}")
    return typed


def find_faults_of_rows(table: pl.LazyFrame, data: Data) -> Iterator[str]:
    """Count rows, repeated rows, and classes."""
    target = data.target.column
    # A target and a hash stand for a row: all rows may not fit into memory.
    hash = pl.struct(*data.used, target).hash()
    rows = table.select(target, hash=hash).collect(engine="streaming")
    if data.n_rows not in (None, rows.height):
        yield f"it has {rows.height} rows, not {data.n_rows}"
    repeated = rows["hash"].is_first_distinct().not_()
    if data.repeats == "refuse" and repeated.any():
        first = repeated.arg_true()[0] + 1
        yield f"{repeated.sum()} rows repeat an earlier one (first row {first})"
    found = rows[target].drop_nulls()
    if found.n_unique() < 2:
        yield f"column {target}, the target, has {found.n_unique()} different values"
    absent = sorted(set(data.target.values or []) - set(found.unique()))
    if absent:
        yield f"no row has the class {', '.join(absent)} of column {target}"
