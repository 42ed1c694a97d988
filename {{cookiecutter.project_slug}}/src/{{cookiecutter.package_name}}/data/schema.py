"""What a raw table has to look like, and a clear word where it does not."""

from pathlib import Path

import polars as pl

from workbench.errors import UserError
from workbench.streaming import scan_csv

from ..config import Data


def check(path: Path, data: Data, name: str) -> pl.LazyFrame:
    """Find a raw table and check it.

    Args:
        path: A CSV file with a header.
        data: Its schema.
        name: What messages call it.

    Returns:
        The table, not read yet: the features of `data` and then `label`, as numbers.

    Raises:
        UserError: It is missing, is no table, or breaks its schema: each way it does, in one line.
    """
    if not path.is_file():
        raise UserError(f"{name} is not there: run `make data`")
    try:
        table = scan_csv(path)
        faults = find_faults(table, data)
    except pl.exceptions.PolarsError as error:
        raise UserError(f"{name} is not a CSV table: {str(error).splitlines()[0]}") from error
    if faults:
        shown = "; ".join(faults[:5]) + (f"; and {len(faults) - 5} more" if faults[5:] else "")
        raise UserError(f"{name} breaks the schema of {data.name}: {shown}")
    return table.select(*data.features, "label")


def find_faults(table: pl.LazyFrame, data: Data) -> list[str]:
    """List each way in which a raw table breaks its schema: the column, and how many rows.

    Args:
        table: Numbers, with null where a value is none.
        data: The schema.

    Returns:
        Nothing, if it breaks none.
    """
    columns = table.collect_schema().names()
    expected = [*data.features, "label"]
    faults = [f"column {name} is missing" for name in expected if name not in columns]
    faults += [f"column {name} is not expected" for name in columns if name not in expected]
    return faults or [*_find_faults_of_rows(table, data), *_find_faults_of_values(table, data)]


def _find_faults_of_values(table: pl.LazyFrame, data: Data) -> list[str]:
    """Count the rows that break each rule for a column."""
    limits = dict.fromkeys(data.features, (data.minimum, data.maximum))
    limits["label"] = (0, data.n_classes - 1)
    rules = {}
    for name, (low, high) in limits.items():
        value = pl.col(name)
        rules[f"column {name} is not a number"] = value.is_null()
        rules[f"column {name} is not within {low:g} to {high:g}"] = ~value.is_between(low, high)
    rules["column label is not a whole number"] = pl.col("label") % 1 != 0
    counts = table.select(broken.sum().alias(rule) for rule, broken in rules.items())
    row = counts.collect(engine="streaming").row(0, named=True)
    return [f"{rule} in {count} rows" for rule, count in row.items() if count]


def _find_faults_of_rows(table: pl.LazyFrame, data: Data) -> list[str]:
    """Count rows, repeated rows, and the rows of each class."""
    # A label and a hash stand for a row: all rows may not fit into memory.
    rows = table.select("label", hash=pl.struct(pl.all()).hash()).collect(engine="streaming")
    faults = []
    if data.n_rows not in (None, rows.height):
        faults.append(f"it has {rows.height} rows, not {data.n_rows}")
    if repeated := rows["hash"].is_duplicated().sum():
        faults.append(f"{repeated} rows are not unique")
    # Stratified train, validation and test splits need each class three times.
    counts = dict(rows["label"].value_counts().iter_rows())
    faults += [
        f"class {label} of column label has {counts.get(label, 0)} rows, fewer than 3"
        for label in range(data.n_classes)
        if counts.get(label, 0) < 3
    ]
    return faults
