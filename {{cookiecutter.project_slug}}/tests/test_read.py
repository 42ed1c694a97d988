"""Tables as people keep them: what a file may look like, and what is read from it."""

import gzip
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from small_tables import check, describe

from workbench.errors import UserError

from {{ cookiecutter.package_name }}.data.make_dataset import open_source

NUMBER = "columns: {a: {kind: number, missing: true}}"
CATEGORY = "columns: {a: {kind: category, missing: true}}"
TIME = "columns: {a: {kind: time}}"
CUT_OFF = gzip.compress(b"a,y\n1,p\n", mtime=0)[:-9]


def read(path: Path, *lines: str) -> pl.DataFrame:
    """Read a file as a data set of these lines has it; its target is y."""
    data = describe("\n".join([f"source: '{path}'", "target: {column: y, kind: category}", *lines]))
    with open_source(data) as table:
        return check(table, data, path.name)


NOON = datetime(2026, 1, 31, 12)
WRITTEN: dict[str, tuple[str, str, list[object]]] = {
    "gaps": ("a,y\n1,p\nNA,q\nnull,p\n#N/A,q\n,p\n <NA> ,q\n", NUMBER, [1.0, *[None] * 5]),
    "own gaps": ("a,y\n-9,p\n?,q\n1,p\n", f"{NUMBER}\ngaps: ['-9', '?']", [None, None, 1.0]),
    "a value that looks like a gap": (
        "a,y\nNA,p\n,q\nEU,p\n",
        "columns: {a: {kind: category, values: [NA, EU], missing: true}}",
        ["NA", None, "EU"],
    ),
    "decimal comma": (
        "a;y\n1,5;p\n1.234,5;q\n",
        f"{NUMBER}\nseparator: ;\ndecimal: ','",
        [1.5, 1234.5],
    ),
    "tabs": ("a\ty\n1\tp\n2\tq\n", f'{NUMBER}\nseparator: "\\t"', [1.0, 2.0]),
    "spaces": (" a , y \n 1 , p \n2, q\n", NUMBER, [1.0, 2.0]),
    "as Windows writes": ("\ufeffa,y\r\n1,p\r\n2,q\r\n", NUMBER, [1.0, 2.0]),
    "quotes": ('a,y\n"x, ""y""\nz",p\nb,q\n', CATEGORY, ['x, "y"\nz', "b"]),
    "whole categories": ("a,y\n1,p\n1.0,q\n01,p\n1.5,q\n", CATEGORY, ["1", "1", "01", "1.5"]),
    "truth values": ("a,y\ntrue,p\nFalse,q\n", CATEGORY, ["true", "False"]),
    "times": (
        "a,y\n2026-01-31 12:00,p\n2026-01-31T12:00:00Z,q\n2026-01,p\n",
        TIME,
        [NOON, NOON, datetime(2026, 1, 1)],
    ),
    "days of one form": (
        "a,y\n31.1.2026,p\n1.2.2026,q\n",
        "columns: {a: {kind: time, format: '%d.%m.%Y'}}",
        [datetime(2026, 1, 31), datetime(2026, 2, 1)],
    ),
    "times of one form": (
        "a,y\n31.1.2026 12:00,p\n1.2.2026 0:00,q\n",
        "columns: {a: {kind: time, format: '%d.%m.%Y %H:%M'}}",
        [NOON, datetime(2026, 2, 1)],
    ),
}


@pytest.mark.parametrize(("text", "lines", "expected"), WRITTEN.values(), ids=WRITTEN)
def test_a_text_file_is_read_as_described(
    tmp_path: Path, text: str, lines: str, expected: list[object]
) -> None:
    path = tmp_path / "mine.csv"
    path.write_bytes(text.encode())
    table = read(path, lines)
    assert table["a"].to_list() == expected
    assert set(table["y"]) == {"p", "q"}


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "utf-16"])
@pytest.mark.parametrize("name", ["mine.csv", "mine.csv.gz", "MINE.CSV", "mine.tsv", "mine.txt"])
def test_a_file_may_be_zipped_and_in_any_encoding(tmp_path: Path, name: str, encoding: str) -> None:
    path = tmp_path / name
    content = "a,y\ngrün,p\nçà,q\n".encode(encoding)
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    assert read(path, CATEGORY, f"encoding: {encoding}")["a"].to_list() == ["grün", "çà"]


IN_BERLIN = pl.Series([NOON.replace(tzinfo=UTC)] * 2).dt.convert_time_zone("Europe/Berlin")
STORED: dict[str, tuple[pl.Series, str, list[object]]] = {
    "truth values": (pl.Series([True, False]), CATEGORY, ["true", "false"]),
    "truth values as numbers": (pl.Series([True, False]), NUMBER, [1.0, 0.0]),
    "whole categories": (pl.Series([1.0, None]), CATEGORY, ["1", None]),
    "categories": (pl.Series([1, -2]), CATEGORY, ["1", "-2"]),
    "Polars' own categories": (pl.Series(["b", "a"], dtype=pl.Categorical), CATEGORY, ["b", "a"]),
    "NaN": (pl.Series([1.5, float("nan")]), NUMBER, [1.5, None]),
    "texts": (pl.Series(["1.5", "NA"]), NUMBER, [1.5, None]),
    "days": (pl.Series([date(2026, 1, 31)] * 2), TIME, [datetime(2026, 1, 31)] * 2),
    "times of a zone": (IN_BERLIN, TIME, [NOON] * 2),
}


@pytest.mark.parametrize(("column", "lines", "expected"), STORED.values(), ids=STORED)
def test_parquet_is_read_by_its_types(
    tmp_path: Path, column: pl.Series, lines: str, expected: list[object]
) -> None:
    pl.DataFrame({"a": column, "y": ["p", "q"]}).write_parquet(tmp_path / "mine.parquet")
    assert read(tmp_path / "mine.parquet", lines)["a"].to_list() == expected


def test_all_that_is_written_comes_back(tmp_path: Path) -> None:
    """Numbers of any size, to the last bit, and texts of any script."""
    table = pl.DataFrame(
        {"a": [0.1, -1e-30, 3e38, 1 / 3], "b": ["", "漢字", 'é, "x"', "a\nb"], "y": [*"pqpq"]}
    )
    table.write_csv(tmp_path / "mine.csv")
    lines = "columns: {a: {kind: number}, b: {kind: text, missing: true}}"
    expected = table.with_columns(pl.col("b").replace({"": None}))
    assert_frame_equal(read(tmp_path / "mine.csv", lines), expected)


@pytest.mark.parametrize(
    ("name", "content", "lines", "message"),
    [
        ("mine.csv", None, "", "mine.csv is not there: `make pull`"),
        ("mine.csv", b"", "", "mine.csv is not a CSV table: empty CSV"),
        ("mine.csv", b"\x93NUMPY\x01\x00", "", "column a is missing; column y is missing"),
        ("mine.csv", b"a,y\n1,p\n2,q,3\n", "", "mine.csv is not a table: found more fields"),
        ("mine.csv", b"a,y\n\xfc,p\n2,q\n", "", "mine.csv is not a table: invalid utf-8"),
        ("mine.csv", b"a,y\n\xfc,p\n2,q\n", "encoding: ascii", "'ascii' codec can't decode"),
        ("mine.csv", b"a,y\n1,p\n2,q\n", "encoding: klingon", "unknown encoding: klingon"),
        ("mine.csv.gz", b"a,y\n1,p\n2,q\n", "encoding: latin-1", "Not a gzipped file"),
        ("mine.csv.gz", CUT_OFF, "", "mine.csv.gz is not a"),
        ("mine.csv.gz", CUT_OFF, "encoding: latin-1", "ended before"),
        ("mine.parquet", b"a,y\n1,p\n2,q\n", "", "mine.parquet is not a Parquet table"),
    ],
)
def test_a_file_that_is_no_such_table(
    tmp_path: Path, name: str, content: bytes | None, lines: str, message: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError) as caught:
        read(tmp_path / name, NUMBER, lines)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
