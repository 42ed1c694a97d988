"""Turn the raw table into features, and split it."""

import logging
from pathlib import Path

import hydra
import numpy as np
import polars as pl
from omegaconf import DictConfig
from sklearn.model_selection import train_test_split

from ..config import CONFIG_DIR, Config, Data, run
from ..data.schema import read_raw
from ..errors import UserError

log = logging.getLogger(__name__)


def scale(table: pl.DataFrame, data: Data) -> pl.DataFrame:
    """Map each feature from its range in the schema to 0 … 1, as float32."""
    features = pl.all().exclude("label")
    return table.with_columns(
        ((features - data.minimum) / (data.maximum - data.minimum)).cast(pl.Float32)
    )


def split(table: pl.DataFrame, data: Data) -> dict[str, pl.DataFrame]:
    """Split rows at random, so that each class has the same share in each split.

    Returns:
        `train`, `validation` and `test`, each with its rows in the order of `table`.
    """
    labels = table["label"].to_numpy()
    rest, test = train_test_split(
        np.arange(table.height),
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
    rows = {"train": train, "validation": validation, "test": test}
    return {name: table[np.sort(chosen)] for name, chosen in rows.items()}


def build_features(config: Config) -> list[Path]:
    """Write `train.parquet`, `validation.parquet` and `test.parquet` to the output directory.

    Returns:
        The files' paths.

    Raises:
        UserError: The raw table is missing, does not meet its schema, or is too small to split.
    """
    table = read_raw(config.paths.raw / f"{config.data.name}.csv", config.data)
    config.paths.output.mkdir(parents=True, exist_ok=True)
    paths = []
    try:
        parts = split(scale(table, config.data), config.data)
    except ValueError as error:  # a split that would be smaller than the number of classes
        raise UserError(f"data.test_fraction, data.validation_fraction: {error}") from error
    for name, part in parts.items():
        paths.append(config.paths.output / f"{name}.parquet")
        part.write_parquet(paths[-1])
        log.info("%s: %d rows", paths[-1], part.height)
    return paths


@hydra.main(version_base="1.3", config_path=CONFIG_DIR, config_name="config")
def main(cfg: DictConfig) -> None:
    """Run from the command line."""
    build_features(Config.from_hydra(cfg))


if __name__ == "__main__":
    run(main)
