"""Get the raw data, check it, and write it with a type for each column."""

import logging
import pkgutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import hydra
import polars as pl
from omegaconf import DictConfig

from workbench.data.folder import is_folder_name, scan_folder
from workbench.data.read import as_utf8, is_file_name, scan
from workbench.errors import UserError
from workbench.files import replacing
from workbench.project import run_as_module

if not __package__:  # started by its path
    run_as_module(__file__)

from ..app import CONFIG_DIR, run, run_job
from ..config import Config, Data
from .schema import write_checked

log = logging.getLogger(__name__)


def load(source: str) -> pl.LazyFrame:
    """Get the raw table from the function that is its source.

    Raises:
        UserError: There is no such function, or it returns something else.
    """
    try:
        table = pkgutil.resolve_name(source)()
    except (ImportError, AttributeError, ValueError) as error:
        raise UserError(f"data.source: {error}") from error
    if not isinstance(table, pl.DataFrame | pl.LazyFrame):
        raise UserError(f"data.source: {source} returns no table of Polars, but a {type(table)}")
    return table.lazy()


@contextmanager
def open_source(data: Data) -> Iterator[pl.LazyFrame]:
    """Find the raw table, which can be read as long as the context lasts.

    Raises:
        UserError: There is no such file, folder or function.
    """
    if is_folder_name(data.source):
        if data.image is None:
            raise UserError(f"data.source: {data.source} is a folder, and no column is an image")
        with scan_folder(Path(data.source), data.image) as table:
            yield table
        return
    if not is_file_name(data.source):
        yield load(data.source)
        return
    path = Path(data.source)
    if not path.is_file():
        raise UserError(f"data.source: {path} is not there: `make pull`, where DVC keeps it")
    with as_utf8(path, data.encoding) as readable:
        yield scan(readable, data.format)


def make_dataset(config: Config) -> Path:
    """Write `<name>.parquet` to the output directory.

    Returns:
        The file's path.

    Raises:
        UserError: There is no such source, or its data does not meet its schema (`configs/data/`);
            what was there before stays.
    """
    data = config.data
    path = config.paths.output / f"{data.name}.parquet"
    with open_source(data) as source, replacing(path) as part:
        write_checked(source, data, data.source, part)
    n_rows = pl.scan_parquet(path, glob=False).select(pl.len()).collect().item()
    log.info("%s: %d rows, %d columns", path, n_rows, len(data.rules))
    return path


@hydra.main(version_base="1.3", config_path=CONFIG_DIR, config_name="config")
def main(cfg: DictConfig) -> None:
    """Run from the command line."""
    run_job(make_dataset, cfg)


if __name__ == "__main__":
    run(main)
