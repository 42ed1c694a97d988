"""The splits as models see them."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray
from polars.io.plugins import register_io_source

from workbench.errors import UserError

ROWS = 2**14  # of a table in memory at a time


@dataclass(frozen=True)
class Split:
    """Examples and their classes.

    Attributes:
        features: float32 [n, d], from 0 to 1.
        labels: int64 [n], from 0 to the number of classes - 1.
        names: The features' names [d].
    """

    features: NDArray[np.float32]
    labels: NDArray[np.int64]
    names: list[str]


def read_split(directory: Path, name: str) -> Split:
    """Read the split `name` (train, validation or test) that `build_features` wrote.

    Raises:
        UserError: It is not there.
    """
    return _to_split(scan_split(directory, name).collect())


def read_batches(directory: Path, name: str) -> Iterator[Split]:
    """Read the same in batches of `ROWS` examples.

    Raises:
        UserError: It is not there.
    """
    table = scan_split(directory, name)
    n_rows = table.select(pl.len()).collect().item()
    for start in range(0, n_rows, ROWS):
        yield _to_split(table.slice(start, ROWS).collect())


def scan_split(directory: Path, name: str) -> pl.LazyFrame:
    """Find the split `name`, without reading it.

    Raises:
        UserError: It is not there.
    """
    path = directory / f"{name}.parquet"
    if not path.is_file():
        raise UserError(f"{path} is not there: run `make data`")
    return pl.scan_parquet(path, glob=False)


def write_parquet(tables: Iterator[pl.DataFrame], path: Path) -> None:
    """Write tables of the same columns, one at least, as one file, without keeping them.

    Raises:
        Exception: What `tables` raises; what was there before stays.
    """
    part = path.with_suffix(".part")
    first = next(tables)
    raised: list[Exception] = []

    def give(*_: object) -> Iterator[pl.DataFrame]:
        try:
            yield from chain([first], tables)
        except Exception as error:  # Polars would wrap it
            raised.append(error)
            raise

    try:
        register_io_source(give, schema=first.schema).sink_parquet(part, row_group_size=ROWS)
    except Exception as error:
        part.unlink(missing_ok=True)
        raise (raised or [error])[0] from None
    part.replace(path)


def _to_split(table: pl.DataFrame) -> Split:
    return Split(
        features=np.ascontiguousarray(table.drop("label").to_numpy(), dtype=np.float32),
        labels=table["label"].to_numpy(),
        names=table.drop("label").columns,
    )
