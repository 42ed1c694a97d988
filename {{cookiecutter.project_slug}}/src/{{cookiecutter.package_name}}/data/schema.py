"""What a raw table has to look like, and a clear word where it does not."""

from collections import Counter
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.errors import UserError

from ..config import Data

BYTES = 2**20  # of a raw table in memory at a time


def read_raw(path: Path) -> Iterator[pl.DataFrame]:
    """Read a raw table in pieces of about a megabyte.

    Args:
        path: A CSV file with a header.

    Yields:
        [n, d]: float64 where the piece is numeric.

    Raises:
        UserError: The file is missing, or is no such table.
    """
    if not path.is_file():
        raise UserError(f"{path} is not there: run `make data`, or `make pull` where DVC keeps it")
    try:
        with path.open("rb") as file:  # Polars would map the whole file into memory
            names = pl.read_csv(BytesIO(file.readline()), infer_schema=False).columns
            while block := file.read(BYTES):
                yield _parse(block + file.readline(), names)
    except pl.exceptions.PolarsError as error:
        raise UserError(f"{path} is not a CSV table: {str(error).splitlines()[0]}") from error


def _parse(block: bytes, names: list[str]) -> pl.DataFrame:
    """Rows of a CSV file as a table; a column of text stays one, for `find_faults` to name it."""
    try:
        return pl.read_csv(block, has_header=False, schema=dict.fromkeys(names, pl.Float64))
    except pl.exceptions.PolarsError:
        return pl.read_csv(block, has_header=False, new_columns=names, infer_schema_length=None)


def check(tables: Iterable[pl.DataFrame], data: Data, name: str) -> NDArray[np.int64]:
    """Check a raw table, given in pieces.

    Returns:
        The labels [n].

    Raises:
        UserError: It breaks its schema: each way it does, in one line.
    """
    labels: list[NDArray[np.int64]] = []
    if faults := find_faults(tables, data, labels):
        shown = "; ".join(faults[:5]) + (f"; and {len(faults) - 5} more" if faults[5:] else "")
        raise UserError(f"{name} breaks the schema of {data.name}: {shown}")
    return np.concatenate(labels)


def find_faults(
    tables: Iterable[pl.DataFrame], data: Data, labels: list[NDArray[np.int64]] | None = None
) -> list[str]:
    """List each way in which a raw table breaks its schema: the column, and how many rows.

    Args:
        tables: Its pieces [n, d + 1].
        data: The schema.
        labels: Gets the labels of each piece.

    Returns:
        Nothing, if it breaks none.
    """
    expected = [*data.features, "label"]
    limits = dict.fromkeys(data.features, (data.minimum, data.maximum))
    limits["label"] = (0, data.n_classes - 1)
    n_rows, fractions = 0, 0
    wrong: Counter[str] = Counter()
    counts: Counter[float] = Counter()
    hashes = [np.empty(0, dtype=np.uint64)]  # of each row: the rows themselves may not fit
    for table in tables:
        if faults := _find_faults_of_columns(table, expected):
            return faults
        numbers = table.select(expected).cast(pl.Float64)
        n_rows += numbers.height
        for name, (low, high) in limits.items():
            column = numbers[name]
            # A missing value or a NaN is in no range.
            right = (column.is_between(low, high) & column.is_not_nan()).sum()
            wrong[name] += numbers.height - int(right)
        fractions += int((numbers["label"] % 1 != 0).sum())
        counts.update(dict(numbers["label"].value_counts().iter_rows()))
        hashes.append(numbers.hash_rows().to_numpy())
        if labels is not None and not wrong["label"] and not fractions:
            labels.append(numbers["label"].cast(pl.Int64).to_numpy())
    faults = []
    if data.n_rows not in (None, n_rows):
        faults.append(f"it has {n_rows} rows, not {data.n_rows}")
    for name, (low, high) in limits.items():
        if name == "label" and fractions:
            faults.append("column label is not a whole number")
        elif wrong[name]:
            faults.append(f"column {name} is not within {low:g} to {high:g} in {wrong[name]} rows")
    repeats = np.unique(np.concatenate(hashes), return_counts=True)[1]
    if repeated := repeats[repeats > 1].sum():
        faults.append(f"{repeated} rows are not unique")
    # Stratified train, validation and test splits need each class three times.
    faults += [
        f"class {label} of column label has {counts[label]} rows, fewer than 3"
        for label in range(data.n_classes)
        if counts[label] < 3
    ]
    return faults


def _find_faults_of_columns(table: pl.DataFrame, expected: list[str]) -> list[str]:
    faults = [f"column {name} is missing" for name in expected if name not in table.columns]
    faults += [f"column {name} is not expected" for name in table.columns if name not in expected]
    return faults or [f"column {c.name} is not numeric" for c in table if not c.dtype.is_numeric()]
