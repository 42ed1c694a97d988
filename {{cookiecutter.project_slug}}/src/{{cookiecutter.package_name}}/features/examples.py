"""The splits as models see them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.data.images import Shape
from workbench.data.streaming import read_batches
from workbench.errors import UserError
from workbench.onnx.file import OnnxModel
from workbench.onnx.inputs import to_arrays

from .prepare import prepare
from .problem import Problem

PREPROCESSING = "preprocessing.onnx"


@dataclass(frozen=True)
class Examples:
    """Features and targets.

    Attributes:
        features: float32 [n, d], as the preprocessing gives them.
        targets: Classes, int64 [n], from 0 to `n_classes` - 1; or numbers, float32 [n], with mean 0
            and deviation 1 in the training split.
        names: The features' names [d].
        n_classes: None if a number is predicted.
        image: The height, width and channels of the image whose pixels are the first features, row
            by row; None if there is none.
    """

    features: NDArray[np.float32]
    targets: NDArray[np.int64] | NDArray[np.float32]
    names: list[str]
    n_classes: int | None
    image: Shape | None = None


class Preprocessing:
    """The graph that `build_features` wrote, and what it knows.

    Attributes:
        path: Its file.
        facts: What `build_features` has kept with it.
        problem: What is predicted.
    """

    def __init__(self, directory: Path) -> None:
        """Load it.

        Raises:
            UserError: It is not there.
        """
        self.path = directory / PREPROCESSING
        self._model = OnnxModel(self.path, made_by="make data")
        self.facts = self._model.facts
        self.problem = Problem(**self.facts["problem"])

    def apply(self, table: pl.DataFrame) -> NDArray[np.float32]:
        """Compute the features [n, d] of raw rows."""
        columns = prepare(table.select(*self.facts["columns"]))
        arrays = to_arrays(columns, self.facts["inputs"], self.facts.get("image"))
        features = self._model.run(arrays)["features"]
        return features.astype(np.float32, copy=False)


def read_examples(directory: Path, name: str) -> Examples:
    """Read the split `name` (train, validation or test) that `build_features` wrote.

    Raises:
        UserError: It is not there.
    """
    preprocessing = Preprocessing(directory)
    problem = preprocessing.problem
    batches = list(read_batches(scan_split(directory, name)))
    return Examples(
        features=np.concatenate([preprocessing.apply(batch) for batch in batches]),
        targets=np.concatenate([problem.encode(batch[problem.column]) for batch in batches]),
        names=preprocessing.facts["features"],
        n_classes=len(problem.classes) or None,
        image=preprocessing.facts.get("image"),
    )


def scan_split(directory: Path, name: str) -> pl.LazyFrame:
    """Find the raw rows of the split `name`, without reading them; `__row__` is their number.

    Raises:
        UserError: It is not there.
    """
    path = directory / f"{name}.parquet"
    if not path.is_file():
        raise UserError(f"{path} is not there: run `make data`")
    return pl.scan_parquet(path, glob=False)
