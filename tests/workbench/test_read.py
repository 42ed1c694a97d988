"""Tables from files: found without being read, and each column as its kind has it."""

import gzip
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from workbench.data.column import Column
from workbench.data.read import Format, as_utf8, is_file_name, scan, to_typed
from workbench.errors import UserError

COMMA = Format()
SEMICOLON = Format(separator=";", decimal=",")


def convert(column: Column, cells: Sequence[Any], format: Format = COMMA) -> list[Any]:
    """A column of these cells as its kind has it."""
    table = pl.LazyFrame({"x": cells})
    return to_typed(table, {"x": column}, format).collect()["x"].to_list()


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (["1", " 2 ", "-.5", "1e3", "+4"], [1, 2, -0.5, 1000, 4]),
        (["", " ", "NA", "n/a", "NaN", None], [None] * 6),
        (["one", "1,5", "1 000", "0x10"], [None] * 4),
        ([1, None, 2**40], [1, None, 2**40]),
        ([0.1, float("nan"), None], [0.1, None, None]),
        ([True, False, None], [1, 0, None]),
    ],
)
def test_numbers(cells: list[Any], numbers: list[float | None]) -> None:
    assert convert(Column("number"), cells) == numbers


def test_numbers_with_a_decimal_comma() -> None:
    cells = ["1,5", "1.234.567,25", "-,5", "7", "NA"]
    assert convert(Column("number"), cells, SEMICOLON) == [1.5, 1234567.25, -0.5, 7, None]


@pytest.mark.parametrize(
    ("cells", "labels"),
    [
        (["a", " b ", "", "null"], ["a", "b", None, None]),
        (["1", "1.0", "01", "1.5", "-2.00"], ["1", "1", "01", "1.5", "-2"]),
        ([1, -2, None], ["1", "-2", None]),
        ([1.0, 1.5, float("nan")], ["1", "1.5", None]),
        ([True, False, None], ["true", "false", None]),
    ],
)
def test_categories(cells: list[Any], labels: list[str | None]) -> None:
    assert convert(Column("category"), cells) == labels


def test_a_category_may_be_spelt_like_a_gap() -> None:
    namibia = Column("category", values=["DK", "NA"], missing=True)
    assert convert(namibia, ["NA", "DK", "N/A"]) == ["NA", "DK", None]


def test_gaps_are_those_that_are_named() -> None:
    assert convert(Column("number"), ["-9", "9", "NA"], Format(gaps=["-9"])) == [None, 9, None]
    assert convert(Column("category"), ["?", "NA"], Format(gaps=["?"])) == [None, "NA"]


def test_a_text_stays_as_it_is() -> None:
    assert convert(Column("text"), [" Two words. ", "1.0", "NA"]) == [" Two words. ", "1.0", None]


NOON = datetime(2026, 3, 1, 12, 30)


@pytest.mark.parametrize(
    ("cell", "time"),
    [
        ("2026-03-01", datetime(2026, 3, 1)),
        ("2026-03", datetime(2026, 3, 1)),
        ("2026-03-01 12:30", NOON),
        ("2026-03-01T12:30", NOON),
        (" 2026-03-01T12:30:00Z", NOON),
        ("2026-03-01 12:30:00.25", NOON.replace(microsecond=250_000)),
        ("1 March 2026", None),
        ("2026-02-30", None),
        ("", None),
        (date(2026, 3, 1), datetime(2026, 3, 1)),
        (NOON, NOON),
        (NOON.replace(tzinfo=UTC), NOON),
        (NOON.replace(tzinfo=timezone(timedelta(hours=2))), NOON - timedelta(hours=2)),
    ],
)
def test_times(cell: Any, time: datetime | None) -> None:
    assert convert(Column("time"), [cell]) == [time]


def test_times_in_another_format() -> None:
    danish = Column("time", format="%d.%m.%Y")
    assert convert(danish, ["01.03.2026", "2026-03-01"]) == [datetime(2026, 3, 1), None]


def test_columns_have_the_order_and_the_types_of_their_rules(tmp_path: Path) -> None:
    (tmp_path / "raw.csv").write_text("a, b ,c,d\n1,x,2026-01-01,rest\n2,y,2026-01-02,rest\n")
    columns = {"c": Column("time"), "b": Column("category"), "a": Column("number")}
    found = to_typed(scan(tmp_path / "raw.csv", COMMA), columns, COMMA).collect()
    times = pl.Series("c", [datetime(2026, 1, 1), datetime(2026, 1, 2)], dtype=pl.Datetime("us"))
    assert_frame_equal(found, pl.DataFrame([times, pl.Series("b", ["x", "y"]), pl.Series("a", [1.0, 2.0])]))


def test_the_cells_of_a_text_file_are_texts(tmp_path: Path) -> None:
    text = 'id,note\n007,"one, two\nthree ""four"""\n8\n'
    (tmp_path / "raw.csv").write_text(text)
    (tmp_path / "raw.csv.gz").write_bytes(gzip.compress(text.encode()))
    (tmp_path / "raw.tsv").write_text(text.replace(",", "\t").replace("\t two", ", two"))
    for name, format in {"raw.csv": COMMA, "raw.csv.gz": COMMA, "raw.tsv": Format("\t")}.items():
        found = scan(tmp_path / name, format).collect().rows()
        assert found == [("007", 'one, two\nthree "four"'), ("8", None)]


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_name_with_brackets_is_no_pattern(tmp_path: Path, suffix: str) -> None:
    table = pl.DataFrame({"a": ["1", "2"]})
    path = tmp_path / f"[ab].{suffix}"
    table.write_parquet(path) if suffix == "parquet" else table.write_csv(path)
    assert_frame_equal(scan(path, COMMA).collect(), table)


@pytest.mark.parametrize("chunk", ["10", "1000"])
def test_a_row_may_be_longer_than_a_chunk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: str
) -> None:
    monkeypatch.setenv("POLARS_CSV_CHUNK_SIZE", chunk)
    numbers = pl.DataFrame({f"column {i}": pl.arange(500, eager=True) / 7 for i in range(20)})
    numbers.write_csv(tmp_path / "raw.csv")
    columns = {name: Column("number") for name in numbers.columns}
    found = to_typed(scan(tmp_path / "raw.csv", COMMA), columns, COMMA)
    assert_frame_equal(found.collect(), numbers)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("raw.csv", None, "is not there"),
        ("raw.parquet", None, "is not there"),
        ("raw.csv", b"", "is not a CSV table"),
        ("raw.parquet", b"a,b\n1,2\n", "is not a Parquet table"),
    ],
)
def test_what_is_no_table_is_named(tmp_path: Path, name: str, content: bytes | None, message: str) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError) as caught:
        scan(path, COMMA)
    assert str(caught.value).startswith(f"{path} {message}")
    assert "\n" not in str(caught.value)


def test_another_encoding_is_read_from_a_copy(tmp_path: Path) -> None:
    text = "by,antal\r\nÅrhus,5\r\n"
    (tmp_path / "raw.csv").write_bytes(text.encode("latin-1"))
    (tmp_path / "raw.csv.gz").write_bytes(gzip.compress(text.encode("latin-1")))
    for name in ("raw.csv", "raw.csv.gz"):
        with as_utf8(tmp_path / name, "latin-1") as copy:
            assert copy.read_bytes() == text.encode()
            assert scan(copy, COMMA).collect().rows() == [("Århus", "5")]
        assert not copy.exists()


def test_what_is_utf8_or_parquet_is_read_itself(tmp_path: Path) -> None:
    for name, encoding in {"raw.csv": "UTF-8", "raw.parquet": "latin-1"}.items():
        with as_utf8(tmp_path / name, encoding) as path:
            assert path == tmp_path / name


def test_a_byte_order_mark_is_no_part_of_a_name(tmp_path: Path) -> None:
    (tmp_path / "raw.csv").write_bytes("a,b\n1,2\n".encode("utf-8-sig"))
    assert scan(tmp_path / "raw.csv", COMMA).collect_schema().names() == ["a", "b"]


@pytest.mark.parametrize("encoding", ["ascii", "no-such-encoding"])
def test_a_wrong_encoding_is_named(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "raw.csv"
    path.write_text("a\nÅrhus\n", encoding="latin-1")
    with pytest.raises(UserError, match=f"raw.csv: .*{encoding}"), as_utf8(path, encoding):
        pass


@pytest.mark.parametrize(
    ("source", "is_file"),
    [("a/b.CSV", True), ("b.csv.gz", True), ("b.parquet", True), ("b.tsv", True), ("package.load", False)],
)
def test_a_source_is_a_file_by_its_name(source: str, is_file: bool) -> None:
    assert is_file_name(source) == is_file
