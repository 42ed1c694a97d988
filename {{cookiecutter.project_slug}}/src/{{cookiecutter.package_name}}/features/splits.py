"""The splits as models see them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.errors import UserError
from workbench.streaming import read_batches


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


def read_split_in_batches(directory: Path, name: str) -> Iterator[Split]:
    """Read the same in pieces: it need not fit into memory.

    Raises:
        UserError: It is not there.
    """
    return map(_to_split, read_batches(scan_split(directory, name)))


def scan_split(directory: Path, name: str) -> pl.LazyFrame:
    """Find the split `name`, without reading it.

    Raises:
        UserError: It is not there.
    """
    path = directory / f"{name}.parquet"
    if not path.is_file():
        raise UserError(f"{path} is not there: run `make data`")
    return pl.scan_parquet(path, glob=False)


def _to_split(table: pl.DataFrame) -> Split:
    return Split(
        features=np.ascontiguousarray(table.drop("label").to_numpy(), dtype=np.float32),
        labels=table["label"].to_numpy(),
        names=table.drop("label").columns,
    )
