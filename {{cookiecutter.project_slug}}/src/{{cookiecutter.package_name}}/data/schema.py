"""What a raw table has to look like, and a clear word where it does not."""

from pathlib import Path

import polars as pl

from ..config import Data
from ..errors import UserError


def read_raw(path: Path, data: Data) -> pl.DataFrame:
    """Read and check a raw table.

    Args:
        path: A CSV file with a header.
        data: The schema that it has to meet.

    Returns:
        [n, d + 1]: numeric features, and `label` with 0 to `n_classes` - 1.

    Raises:
        UserError: The file is missing, is no such table, or breaks its schema.
    """
    if not path.is_file():
        raise UserError(f"{path} is not there: run `make data`, or `dvc pull` where DVC keeps it")
    try:
        table = pl.read_csv(path, glob=False, infer_schema_length=None)
    except pl.exceptions.PolarsError as error:
        raise UserError(f"{path} is not a CSV table: {str(error).splitlines()[0]}") from error
    return check(table, data, str(path))


def check(table: pl.DataFrame, data: Data, name: str) -> pl.DataFrame:
    """Give the table back, or raise a UserError that names it and each way it breaks its schema."""
    if faults := find_faults(table, data):
        shown = "; ".join(faults[:5]) + (f"; and {len(faults) - 5} more" if faults[5:] else "")
        raise UserError(f"{name} breaks the schema of {data.name}: {shown}")
    return table


def find_faults(table: pl.DataFrame, data: Data) -> list[str]:
    """List each way in which `table` breaks the schema `data`: the column, and how many rows.

    Empty if it breaks none.
    """
    expected = [*data.features, "label"]
    faults = [f"column {name} is missing" for name in expected if name not in table.columns]
    faults += [f"column {name} is not expected" for name in table.columns if name not in expected]
    if faults:
        return faults
    if faults := [f"column {c.name} is not numeric" for c in table if not c.dtype.is_numeric()]:
        return faults
    if data.n_rows not in (None, table.height):
        faults.append(f"it has {table.height} rows, not {data.n_rows}")
    for column in table:
        is_label = column.name == "label"
        low, high = (0, data.n_classes - 1) if is_label else (data.minimum, data.maximum)
        # A missing value or a NaN is in no range.
        wrong = table.height - (column.is_between(low, high) & column.is_not_nan()).sum()
        if is_label and not column.dtype.is_integer():
            faults.append("column label is not a whole number")
        elif wrong:
            faults.append(f"column {column.name} is not within {low:g} to {high:g} in {wrong} rows")
    if repeated := table.is_duplicated().sum():
        faults.append(f"{repeated} rows are not unique")
    counts = dict(table["label"].value_counts().iter_rows())
    # Stratified train, validation and test splits need each class three times.
    faults += [
        f"class {label} of column label has {counts.get(label, 0)} rows, fewer than 3"
        for label in range(data.n_classes)
        if counts.get(label, 0) < 3
    ]
    return faults
