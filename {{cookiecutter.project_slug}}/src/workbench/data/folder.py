"""A folder of images as a table: a folder for each class, with PNG and JPEG files."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import prod
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

import polars as pl

from ..errors import UserError
from .decode import NoImage, decode
from .images import Shape
from .read import is_file_name

SUFFIXES = (".png", ".jpg", ".jpeg")
LITTER = ("thumbs.db", "desktop.ini")  # from Windows; that of macOS begins with a dot
SCHEMA = {"file": pl.String, "folder": pl.String, "image": pl.Binary, "label": pl.String}
BATCH = 2**26  # bytes of pixels that are kept in memory
SHOWN = 5  # kinds of faults in a message


def is_folder_name(source: str) -> bool:
    """Whether a source is a folder: neither a table's file nor the path of a function."""
    return "/" in source and not is_file_name(source)


def list_images(folder: Path) -> list[PurePosixPath]:
    """The images in a folder, by their paths in it: `cat/1.png`, or `cat/rex/1.png`.

    Hidden files, and those that operating systems leave behind, are skipped.

    Raises:
        UserError: It is not there, or holds something else; the first such file is named.
    """
    if not folder.is_dir():
        raise UserError(f"{folder} is not there.")
    files = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    paths = sorted(path for path in map(PurePosixPath, files) if not _is_litter(path))
    if not paths:
        raise UserError(f"{folder} has no images.")
    faults = {
        "another kind than PNG and JPEG": [p for p in paths if p.suffix.lower() not in SUFFIXES],
        "in no class's folder": [path for path in paths if len(path.parts) < 2],
    }
    _refuse(folder, faults, len(paths))
    return paths


def _is_litter(path: PurePosixPath) -> bool:
    return any(part.startswith(".") for part in path.parts) or path.name.lower() in LITTER


def decode_folder(
    folder: Path, paths: Sequence[PurePosixPath], shape: Shape
) -> Iterator[tuple[PurePosixPath, bytes]]:
    """Decode the images one after the other.

    Raises:
        UserError: After the last one, if there were faults: how many of each kind, and the first.
    """
    faults: dict[str, list[PurePosixPath]] = {}
    for path in paths:
        try:
            yield path, decode((folder / path).read_bytes(), shape)
        except NoImage as error:
            faults.setdefault(str(error), []).append(path)
    _refuse(folder, faults, len(paths))


def _refuse(folder: Path, faults: Mapping[str, Sequence[PurePosixPath]], n_files: int) -> None:
    kinds = [
        f"{len(paths)} of {n_files} files: {fault} (first {paths[0]})"
        for fault, paths in faults.items()
        if paths
    ]
    if kinds:
        raise UserError(f"{folder}: {'; '.join(kinds[:SHOWN])}")


@contextmanager
def scan_folder(folder: Path, shape: Shape) -> Iterator[pl.LazyFrame]:
    """The images as a table, which can be read as long as the context lasts.

    It has the columns `file`, the path in the folder; `folder`, the part of it between the class
    and the file, a dot if there is none; `image`; and `label`, the class.

    Raises:
        UserError: The folder holds something else than images that can be used.
    """
    with TemporaryDirectory() as temporary:
        parts: list[Path] = []
        for table in _make_tables(folder, shape):
            parts.append(Path(temporary, f"{len(parts)}.parquet"))
            table.write_parquet(parts[-1], compression="uncompressed")
        yield pl.scan_parquet(parts, glob=False)


def _make_tables(folder: Path, shape: Shape) -> Iterator[pl.DataFrame]:
    """The rows of `scan_folder`, in tables of about `BATCH` bytes of pixels."""
    rows: list[tuple[str, str, bytes, str]] = []
    for path, image in decode_folder(folder, list_images(folder), shape):
        label, *between = path.parts[:-1]
        rows.append((str(path), str(PurePosixPath(*between)), image, label))
        if len(rows) * prod(shape) >= BATCH:
            yield pl.DataFrame(rows, SCHEMA, orient="row")
            rows = []
    yield pl.DataFrame(rows, SCHEMA, orient="row")
