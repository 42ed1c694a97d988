"""Tables from files: CSV, gzipped CSV and Parquet, with a type for each kind of column."""

import gzip
import os
import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from ..errors import UserError
from .column import GAPS, Column

CHUNK = 2**20  # bytes of a CSV file
COMMA = r"^[+-]?((\d+|\d{1,3}(\.\d{3})+)(,\d*)?|,\d+)([eE][+-]?\d+)?$"
SUFFIXES = (".csv", ".csv.gz", ".tsv", ".txt", ".parquet")
TYPES: dict[str, pl.DataType | type[pl.DataType]] = {
    "number": pl.Float64,
    "category": pl.String,
    "text": pl.String,
    "time": pl.Datetime("us"),
    "image": pl.Binary,
    "ignored": pl.String,
}
ISO = (
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d",
    "%Y-%m",
)


@dataclass(frozen=True)
class Format:
    """How a text file writes a table.

    Attributes:
        separator: Between the values of a row.
        decimal: The decimal separator; with a comma, points separate thousands.
        gaps: The texts that stand for a value that is missing.
    """

    separator: str = ","
    decimal: str = "."
    gaps: list[str] = field(default_factory=lambda: list(GAPS))


def is_file_name(source: str) -> bool:
    """Whether a source is a file that `scan` reads, by its name."""
    return source.lower().endswith(SUFFIXES)


@contextmanager
def as_utf8(path: Path, encoding: str) -> Iterator[Path]:
    """A text file in UTF-8: the file itself, or a copy that lasts as long as the context.

    Raises:
        UserError: It is not in that encoding, or there is no such encoding.
    """
    if path.suffix.lower() == ".parquet" or encoding.lower() in ("utf-8", "utf8"):
        yield path
        return
    opener = gzip.open if path.suffix.lower() == ".gz" else open
    with TemporaryDirectory() as folder:
        copy = Path(folder, path.name.removesuffix(".gz"))
        try:
            with (
                opener(path, "rt", encoding=encoding, newline="") as old,
                copy.open("w", encoding="utf-8", newline="") as new,
            ):
                shutil.copyfileobj(old, new)
        except (EOFError, LookupError, UnicodeError, gzip.BadGzipFile) as error:
            raise UserError(f"{path}: {error}") from error
        yield copy


def scan(path: Path, format: Format) -> pl.LazyFrame:
    """Find a table without reading its rows. The columns of a text file are texts.

    Raises:
        UserError: It is not there, or not a table.
    """
    if not path.is_file():
        raise UserError(f"{path} is not there.")
    try:
        if path.suffix.lower() == ".parquet":
            table = pl.scan_parquet(path, glob=False)
            table.collect_schema()
            return table
        # Each core reads a few chunks at a time; those of Polars take hundreds of megabytes.
        os.environ.setdefault("POLARS_CSV_CHUNK_SIZE", str(CHUNK))
        table = pl.scan_csv(path, infer_schema=False, separator=format.separator, glob=False)
        clean = {name: name.strip().strip("'") for name in table.collect_schema().names()}
        return table.rename({name: new for name, new in clean.items() if name != new})
    except (OSError, pl.exceptions.PolarsError) as error:  # OSError: an archive that is cut off
        kind = "Parquet" if path.suffix.lower() == ".parquet" else "CSV"
        raise UserError(f"{path} is not a {kind} table: {str(error).splitlines()[0]}") from error


def to_typed(
    table: pl.LazyFrame,
    columns: Mapping[str, Column],
    format: Format,
    doubtful: Collection[str] | None = None,
) -> pl.LazyFrame:
    """Give each column the type of its kind; null where there is no such value.

    Args:
        table: As `scan` gives it.
        columns: The kind of each column.
        format: How the file writes its values.
        doubtful: Columns of numbers in which gaps and spaces are looked for, which takes several
            times as long; None: in all of them.
    """
    types = table.collect_schema()
    return table.select(
        convert(name, types[name], column, format)
        if doubtful is None or name in doubtful
        else convert_quickly(name, types[name], column, format)
        for name, column in columns.items()
        if name in types
    )


def convert_quickly(name: str, type: pl.DataType, column: Column, format: Format) -> pl.Expr:
    """The same as `convert`, but numbers with spaces around them, or gaps, may be null as well."""
    if column.kind != "number" or format.decimal == "," or any(map(_is_number, format.gaps)):
        return convert(name, type, column, format)
    return pl.col(name).cast(pl.Float64, strict=False).fill_nan(None)


def _is_number(text: str) -> bool:
    try:
        return float(text) == float(text)  # not NaN
    except ValueError:
        return False


def given(name: str, type: pl.DataType, column: Column, format: Format) -> pl.Expr:
    """Whether a cell holds anything: no gap."""
    value = pl.col(name)
    if type.is_float():
        return value.is_not_null() & value.is_not_nan()
    if type == pl.String:
        gaps = set(format.gaps) - set(column.values or [])
        return value.is_not_null() & ~value.str.strip_chars().is_in(sorted(gaps))
    return value.is_not_null()


def convert(name: str, type: pl.DataType, column: Column, format: Format) -> pl.Expr:
    """A column of the file as its kind has it; null for a gap and for what cannot be converted."""
    value = pl.when(given(name, type, column, format)).then(pl.col(name)).alias(name)
    match column.kind:
        case "number":
            return _to_number(value, type, format)
        case "time":
            return _to_time(value, type, column.format)
        case "category":
            return _to_category(value, type)
        case "image":  # text is no image
            return value if type == pl.Binary else pl.lit(None, pl.Binary).alias(name)
        case _:
            return value.cast(pl.String)


def _to_number(value: pl.Expr, type: pl.DataType, format: Format) -> pl.Expr:
    if type != pl.String:
        return value.cast(pl.Float64, strict=False)
    text = value.str.strip_chars()
    if format.decimal == ",":  # 1.234,5 is a number, and 31.12.2026 is not
        text = pl.when(text.str.contains(COMMA)).then(text)
        text = text.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True)
    return text.cast(pl.Float64, strict=False)


def _to_category(value: pl.Expr, type: pl.DataType) -> pl.Expr:
    if type == pl.String:
        text = value.str.strip_chars()
    elif type.is_float():
        whole = value.cast(pl.Int64, strict=False)
        text = pl.when(whole == value).then(whole.cast(pl.String)).otherwise(value.cast(pl.String))
    else:
        return value.cast(pl.String)
    return text.str.replace(r"^(-?\d+)\.0+$", "$1")


def _to_time(value: pl.Expr, type: pl.DataType, format: str | None) -> pl.Expr:
    if type != pl.String:
        return value.cast(pl.Datetime("us"), strict=False)  # that of a zone in UTC, as in the API
    text = value.str.strip_chars().str.strip_suffix("Z")
    if format and "%z" in format:
        return text.str.to_datetime(format, time_unit="us", strict=False).dt.replace_time_zone(None)
    formats = (format,) if format else ISO
    return pl.coalesce(
        # A month alone has no day to be read.
        (text + "-01" if one == "%Y-%m" else text).str.to_datetime(
            "%Y-%m-%d" if one == "%Y-%m" else one, time_unit="us", strict=False
        )
        for one in formats
    )
