"""Get the raw data, check it, and write it as it is."""

import logging
import pkgutil
from pathlib import Path

import hydra
from omegaconf import DictConfig

from ..config import CONFIG_DIR, Config, run
from ..errors import UserError
from .schema import read_raw

log = logging.getLogger(__name__)


def make_dataset(config: Config) -> Path:
    """Write `<name>.csv` to the output directory.

    Returns:
        The file's path.

    Raises:
        UserError: There is no such source, or its data does not meet its schema (`configs/data/`).
    """
    try:
        load = pkgutil.resolve_name(config.data.source)
    except (ImportError, AttributeError, ValueError) as error:
        raise UserError(f"data.source: {error}") from error
    path = config.paths.output / f"{config.data.name}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    load().write_csv(path)
    table = read_raw(path, config.data)
    log.info("%s: %d rows, %d columns", path, table.height, table.width)
    return path


@hydra.main(version_base="1.3", config_path=CONFIG_DIR, config_name="config")
def main(cfg: DictConfig) -> None:
    """Run from the command line."""
    make_dataset(Config.from_hydra(cfg))


if __name__ == "__main__":
    run(main)
