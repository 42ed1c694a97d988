"""How a text file writes a table: its encoding, separator and decimal sign."""

import codecs
import csv
import gzip
import re
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from ..data.read import SUFFIXES
from ..errors import UserError

HEAD = 2**18  # bytes
SEPARATORS = (",", ";", "\t", "|")
COMMA = re.compile(r"-?(\d+|\d{1,3}(\.\d{3})+),\d+")
POINT = re.compile(r"-?\d+\.\d+")


@dataclass(frozen=True)
class Dialect:
    """The facts that reading a text file needs."""

    encoding: str = "utf-8"
    separator: str = ","
    decimal: str = "."


def sniff(path: Path) -> Dialect:
    """Look at the beginning of a file; of the whole file for its encoding.

    Raises:
        UserError: It is no table that can be read.
    """
    if not path.is_file():
        raise UserError(f"{path} is not there." if not path.exists() else f"{path} is a folder.")
    if not path.name.lower().endswith(SUFFIXES):
        raise UserError(f"{path.name}: give a file of the kind {', '.join(SUFFIXES)}.")
    if path.suffix.lower() == ".parquet":
        return Dialect()
    encoding = _find_encoding(path)
    with _open(path) as file:
        text = file.read(HEAD).decode(encoding, errors="ignore").removeprefix("\ufeff")
    lines = text.splitlines()[: -1 if len(text) >= HEAD else None]
    if not lines or not lines[0].strip() or "\x00" in text:
        raise UserError(f"{path.name} is empty, or not a text file.")
    separator = max(SEPARATORS, key=lambda sign: _score(lines, sign))
    rows = list(csv.reader(lines, delimiter=separator))[1:200]
    cells = [cell.strip() for row in rows for cell in row]
    commas = sum(1 for cell in cells if COMMA.fullmatch(cell))
    points = sum(1 for cell in cells if POINT.fullmatch(cell))
    return Dialect(encoding, separator, "," if commas > points else ".")


def _open(path: Path) -> BinaryIO:
    if path.suffix.lower() == ".gz":
        return cast("BinaryIO", gzip.open(path, "rb"))
    return path.open("rb")


def _find_encoding(path: Path) -> str:
    """UTF-8 if it is valid, UTF-16 if it has a mark, or else the Western encoding of Windows."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with _open(path) as file:
        block = file.read(HEAD)
        if block.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        try:
            while block:
                decoder.decode(block)
                block = file.read(2**24)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8"


def _score(lines: list[str], separator: str) -> tuple[float, int]:
    """How many rows have as many values as the header, and how many these are."""
    rows = [row for row in csv.reader(lines[:100], delimiter=separator) if row]
    width = len(rows[0])
    if width == 1:
        return 0.0, 1
    return sum(len(row) == width for row in rows) / len(rows), width
