"""The splits as models see them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ..errors import UserError


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
    path = directory / f"{name}.parquet"
    if not path.is_file():
        raise UserError(f"{path} is not there: run `make data`")
    table = pl.read_parquet(path, glob=False)
    return Split(
        features=np.ascontiguousarray(table.drop("label").to_numpy(), dtype=np.float32),
        labels=table["label"].to_numpy(),
        names=table.drop("label").columns,
    )
