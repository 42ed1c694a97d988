"""Tables that need not fit into memory: Polars reads and writes them in pieces."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ..files import replacing
from .read import Format

ROWS = 2**14  # rows of a batch, and of a Parquet file's row group, at most
IMAGES = 2**22  # bytes of the images in a batch, at most


def select_rows(table: pl.LazyFrame, mask: NDArray[np.bool_]) -> pl.LazyFrame:
    """Keep the rows for which `mask` [n] is true, in their order."""
    # `table.filter(mask)` does the same, but Polars then reports a full disk as an error of shapes.
    return table.filter(pl.lit(pl.Series(mask)).gather(pl.row_index()))


def read_batches(table: pl.LazyFrame) -> Iterator[pl.DataFrame]:
    """Read a table in batches of `ROWS` rows, or fewer with images: the same ones everywhere."""
    n_rows, step = table.select(pl.len()).collect().item(), count_rows(table)
    for start in range(0, n_rows, step):
        yield table.slice(start, step).collect()


def count_rows(table: pl.LazyFrame) -> int:
    """How many rows a batch of a table has: by the size of its images in the first row."""
    images = [name for name, type in table.collect_schema().items() if type == pl.Binary]
    if not images:
        return ROWS
    first = table.head(1).select(pl.sum_horizontal(pl.col(images).bin.size())).collect()
    return max(1, min(ROWS, IMAGES // max(1, sum(first.to_series()))))


def write_parquet(table: pl.LazyFrame, path: Path) -> None:
    """Compute a table and write it in its order; if that fails, the file that was there stays."""
    # Polars may open a path after it has raised.
    with replacing(path) as part, part.open("wb") as file:
        table.sink_parquet(file, row_group_size=count_rows(table))


def write_csv(tables: Iterator[pl.DataFrame], path: Path, format: Format) -> None:
    """Write tables with the same columns as one CSV file, each as soon as it is there."""
    with replacing(path) as part, part.open("wb") as file:
        for place, table in enumerate(tables):
            table.write_csv(
                file,
                include_header=place == 0,
                separator=format.separator,
                decimal_comma=format.decimal == ",",
            )


class TableWriter:
    """Writes tables with the same columns, at least one, as one Parquet file.

    Each is kept in a file of its own until the context ends. If anything raises before, the file
    that was there stays.
    """

    def __init__(self, path: Path) -> None:
        """Write to `path`."""
        self._path = path
        self._folder = path.with_name(f"{path.name}.parts")
        self._files: list[Path] = []

    def __enter__(self) -> Self:
        shutil.rmtree(self._folder, ignore_errors=True)  # a killed process left it
        self._folder.mkdir(parents=True)
        return self

    def write(self, table: pl.DataFrame) -> None:
        """Add the rows of a table."""
        self._files.append(self._folder / f"{len(self._files)}.parquet")
        table.write_parquet(self._files[-1], compression="lz4")

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        try:
            if error is None:
                write_parquet(pl.scan_parquet(self._files, glob=False), self._path)
        finally:
            shutil.rmtree(self._folder)
