"""Get the raw data, check it, and write it as it is."""

import logging
import pkgutil
import shutil
from pathlib import Path

import hydra
import polars as pl
from omegaconf import DictConfig

from workbench.errors import UserError
from workbench.files import replacing
from workbench.project import run_as_module

if not __package__:  # started by its path
    run_as_module(__file__)

from ..app import CONFIG_DIR, run, run_job
from ..config import Config, Data
from .schema import check

log = logging.getLogger(__name__)


def load(data: Data) -> pl.DataFrame:
    """Get the raw table from the function that is its source.

    Raises:
        UserError: There is no such function.
    """
    try:
        source = pkgutil.resolve_name(data.source)
    except (ImportError, AttributeError, ValueError) as error:
        raise UserError(f"data.source: {error}") from error
    table: pl.DataFrame = source()
    return table


def copy(source: Path, path: Path) -> None:
    """Copy the file that is the source.

    Raises:
        UserError: There is no such file.
    """
    if not source.is_file():
        raise UserError(f"data.source: {source} is not there: `make pull`, where DVC keeps it")
    shutil.copyfile(source, path)


def make_dataset(config: Config) -> Path:
    """Write `<name>.csv` to the output directory: a copy of the file, or what the function returns.

    Returns:
        The file's path.

    Raises:
        UserError: There is no such source, or its data does not meet its schema (`configs/data/`);
            what was there before stays.
    """
    data = config.data
    path = config.paths.output / f"{data.name}.csv"
    with replacing(path) as part:
        if data.source.endswith(".csv"):
            copy(Path(data.source), part)
        else:
            load(data).write_csv(part)
        table = check(part, data, data.source)
        n_rows = table.select(pl.len()).collect().item()
    log.info("%s: %d rows, %d columns", path, n_rows, len(data.features) + 1)
    return path


@hydra.main(version_base="1.3", config_path=CONFIG_DIR, config_name="config")
def main(cfg: DictConfig) -> None:
    """Run from the command line."""
    run_job(make_dataset, cfg)


if __name__ == "__main__":
    run(main)
