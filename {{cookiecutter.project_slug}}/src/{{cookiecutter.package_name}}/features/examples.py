"""The splits as models see them."""

from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.data.images import Shape, to_pixels
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
        columns: The features float32 [n, k] but for those of the image, as the preprocessing gives
            them.
        targets: Classes, int64 [n], from 0 to `n_classes` - 1; or numbers, float32 [n], with mean 0
            and deviation 1 in the training split.
        names: The features' names [d].
        n_classes: None if a number is predicted.
        pixels: The images, uint8 [n, height, width, channels], or None. Scaled to 0 to 1, they
            are the first features, row by row.
    """

    columns: NDArray[np.float32]
    targets: NDArray[np.int64] | NDArray[np.float32]
    names: list[str]
    n_classes: int | None
    pixels: NDArray[np.uint8] | None = None

    @property
    def features(self) -> NDArray[np.float32]:
        """All features, float32 [n, d]."""
        return self.select(slice(None))

    @property
    def n_features(self) -> int:
        """How many features an example has: d."""
        n_columns: int = self.columns.shape[1]
        return n_columns + prod(self.image or [0])

    @property
    def image(self) -> Shape | None:
        """The height, width and channels of the image."""
        return None if self.pixels is None else self.pixels.shape[1:]

    def select(self, rows: slice | NDArray[np.int64]) -> NDArray[np.float32]:
        """The features [n, d] of some examples, so that not all have to fit into memory."""
        columns = self.columns[rows]
        if self.pixels is None:
            return columns
        pixels = self.pixels[rows].reshape(len(columns), -1)
        features = np.empty((len(columns), self.n_features), dtype=np.float32)
        np.divide(pixels, np.float32(255), out=features[:, : pixels.shape[1]])  # as the graph does
        features[:, pixels.shape[1] :] = columns
        return features

    def flatten(self) -> "Examples":
        """The same examples with all their features computed."""
        return Examples(self.features, self.targets, self.names, self.n_classes)


class Preprocessing:
    """The graph that `build_features` wrote, and its metadata.

    Attributes:
        path: Its file.
        facts: What `build_features` has kept with it.
        problem: What is predicted.
    """

    def __init__(self, directory: Path) -> None:
        """Load the graph.

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
    """Read a part (train, validation, test or calibration) that `build_features` wrote.

    Raises:
        UserError: It is not there.
    """
    preprocessing = Preprocessing(directory)
    problem = preprocessing.problem
    columns, targets, pixels = [], [], []
    image = preprocessing.facts.get("image")
    for batch in read_batches(scan_split(directory, name)):
        features = preprocessing.apply(batch)
        columns.append(features[:, prod(image or [0]) :].copy() if image else features)
        targets.append(problem.encode(batch[problem.column]))
        if image:
            pixels.append(to_pixels(batch[preprocessing.facts["inputs"]["image"][0]], image))
    return Examples(
        columns=np.concatenate(columns),
        targets=np.concatenate(targets),
        names=preprocessing.facts["features"],
        n_classes=len(problem.classes) or None,
        pixels=np.concatenate(pixels) if image else None,
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
