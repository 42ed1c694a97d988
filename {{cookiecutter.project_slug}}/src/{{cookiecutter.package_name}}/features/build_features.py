"""Turn the raw table into features, and split it, in pieces: it need not fit into memory."""

import logging
from pathlib import Path

import hydra
import numpy as np
import polars as pl
from numpy.typing import NDArray
from omegaconf import DictConfig
from sklearn.model_selection import train_test_split

from workbench.errors import UserError
from workbench.project import run_as_module
from workbench.streaming import select_rows, write_parquet

if not __package__:  # started by its path
    run_as_module(__file__)

from ..app import CONFIG_DIR, run, run_job
from ..config import Config, Data
from ..data.schema import check

log = logging.getLogger(__name__)


def scale(table: pl.LazyFrame, data: Data) -> pl.LazyFrame:
    """Map each feature from its range in the schema to 0 … 1, as float32; labels become int64."""
    features = pl.all().exclude("label")
    return table.with_columns(
        ((features - data.minimum) / (data.maximum - data.minimum)).cast(pl.Float32),
        pl.col("label").cast(pl.Int64),
    )


def split(labels: NDArray[np.int64], data: Data) -> dict[str, NDArray[np.bool_]]:
    """Split rows at random, so that each class has the same share in each split.

    Args:
        labels: Of each row [n].
        data: The sizes of the splits, and their seed.

    Returns:
        `train`, `validation` and `test`: whether a row belongs to it [n].

    Raises:
        ValueError: A split would be smaller than the number of classes.
    """
    rest, test = train_test_split(
        np.arange(len(labels)),
        test_size=data.test_fraction,
        stratify=labels,
        random_state=data.split_seed,
    )
    train, validation = train_test_split(
        rest,
        test_size=data.validation_fraction / (1 - data.test_fraction),
        stratify=labels[rest],
        random_state=data.split_seed,
    )
    masks = {}
    for name, rows in {"train": train, "validation": validation, "test": test}.items():
        masks[name] = np.zeros(len(labels), dtype=np.bool_)
        masks[name][rows] = True
    return masks


def build_features(config: Config) -> list[Path]:
    """Write `train.parquet`, `validation.parquet` and `test.parquet` to the output directory.

    Their rows are in the order of the raw table.

    Returns:
        The files' paths.

    Raises:
        UserError: The raw table is missing, does not meet its schema, or is too small to split.
    """
    raw = config.paths.raw / f"{config.data.name}.csv"
    table = check(raw, config.data, str(raw))
    features = scale(table, config.data)
    labels = features.select("label").collect(engine="streaming")["label"].to_numpy()
    try:
        masks = split(labels, config.data)
    except ValueError as error:
        raise UserError(f"data.test_fraction, data.validation_fraction: {error}") from error
    paths = []
    for name, mask in masks.items():
        paths.append(config.paths.output / f"{name}.parquet")
        write_parquet(select_rows(features, mask), paths[-1])
        log.info("%s: %d rows", paths[-1], mask.sum())
    return paths


@hydra.main(version_base="1.3", config_path=CONFIG_DIR, config_name="config")
def main(cfg: DictConfig) -> None:
    """Run from the command line."""
    run_job(build_features, cfg)


if __name__ == "__main__":
    run(main)
