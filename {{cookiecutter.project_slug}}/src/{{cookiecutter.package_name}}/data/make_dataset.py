"""Get the raw data, check it, and write it as it is."""

import logging
import pkgutil
from pathlib import Path

import hydra
import polars as pl
from omegaconf import DictConfig

from ..config import CONFIG_DIR, Config, Data, run
from ..errors import UserError
from .schema import check, read_raw

log = logging.getLogger(__name__)


def load(data: Data) -> pl.DataFrame:
    """Get the raw table from its source, and check it.

    Raises:
        UserError: There is no such source, or its data does not meet its schema (`configs/data/`).
    """
    if data.source.endswith(".csv"):
        return read_raw(Path(data.source), data)
    try:
        source = pkgutil.resolve_name(data.source)
    except (ImportError, AttributeError, ValueError) as error:
        raise UserError(f"data.source: {error}") from error
    return check(source(), data, data.source)


def make_dataset(config: Config) -> Path:
    """Write `<name>.csv` to the output directory.

    Returns:
        The file's path.

    Raises:
        UserError: As `load`; what was there before stays.
    """
    table = load(config.data)
    path = config.paths.output / f"{config.data.name}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    table.write_csv(part)
    part.replace(path)  # the whole table or the previous one, whatever happens
    log.info("%s: %d rows, %d columns", path, table.height, table.width)
    return path


@hydra.main(version_base="1.3", config_path=CONFIG_DIR, config_name="config")
def main(cfg: DictConfig) -> None:
    """Run from the command line."""
    make_dataset(Config.from_hydra(cfg))


if __name__ == "__main__":
    run(main)
