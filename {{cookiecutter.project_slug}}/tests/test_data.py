"""The raw data, and the check that it meets its schema."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from {{ cookiecutter.package_name }}.config import Config
from {{ cookiecutter.package_name }}.data.make_dataset import make_dataset
from {{ cookiecutter.package_name }}.data.schema import check, find_faults, read_raw
from workbench.errors import UserError

RAW = "data/raw/digits.csv"


def test_the_digits_are_the_published_ones(project: Path) -> None:
    table = pl.read_csv(project / RAW)
    assert table.shape == (1797, 65)
    counts = table["label"].value_counts().sort("label")["count"].to_list()
    assert counts == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_the_same_bytes_each_time(config: Callable[..., Config], project: Path) -> None:
    assert make_dataset(config()).read_bytes() == (project / RAW).read_bytes()


def test_the_schema_accepts_the_data(config: Callable[..., Config], project: Path) -> None:
    assert find_faults([pl.read_csv(project / RAW)], config().data) == []


def with_cell(column: str, value: float | None) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """Change the cells of three rows."""
    first_three = pl.int_range(pl.len()) < 3
    return lambda table: table.with_columns(
        pl.when(first_three).then(pl.lit(value)).otherwise(column).alias(column)
    )


FAULTS: dict[str, tuple[Callable[[pl.DataFrame], pl.DataFrame], str]] = {
    "too large": (with_cell("pixel_3_3", 17), "pixel_3_3 is not within 0 to 16 in 3 rows"),
    "missing": (with_cell("pixel_3_3", None), "pixel_3_3 is not within 0 to 16 in 3 rows"),
    "NaN": (with_cell("pixel_3_3", float("nan")), "pixel_3_3 is not within 0 to 16 in 3 rows"),
    "no such class": (with_cell("label", 10), "column label is not within 0 to 9 in 3 rows"),
    "half a class": (with_cell("label", 0.5), "column label is not a whole number"),
    "text": (lambda t: t.cast({"pixel_0_0": pl.String}), "column pixel_0_0 is not numeric"),
    "column lost": (lambda t: t.drop("pixel_0_0"), "column pixel_0_0 is missing"),
    "column added": (lambda t: t.with_columns(extra=1), "column extra is not expected"),
    "no label": (lambda t: t.rename({"label": "digit"}), "column label is missing"),
    "rows lost": (lambda t: t.head(-7), "it has 1790 rows, not 1797"),
    "repeated": (lambda t: pl.concat([t, t.head(2)]), "4 rows are not unique"),
    "class lost": (lambda t: t.filter(pl.col("label") != 7), "class 7 of column label has 0 rows"),
    "one of a class": (
        lambda t: t.filter((pl.col("label") != 7) | (pl.int_range(pl.len()) == 7)),
        "class 7 of column label has 1 rows",
    ),
    "empty": (lambda t: t.clear(), "class 0 of column label has 0 rows"),
}


@pytest.mark.parametrize(("spoil", "fault"), FAULTS.values(), ids=FAULTS)
def test_the_schema_names_each_fault(
    config: Callable[..., Config],
    project: Path,
    spoil: Callable[[pl.DataFrame], pl.DataFrame],
    fault: str,
) -> None:
    table = spoil(pl.read_csv(project / RAW))
    pieces = [table.slice(start, 500) for start in range(0, max(1, table.height), 500)]
    faults = find_faults(pieces, config().data)
    assert find_faults([table], config().data) == faults
    assert any(fault in found for found in faults), faults


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "is not there"),
        (b"", "is not a CSV table"),
        (b"\x93NUMPY\x01\x00", "is not a CSV table|breaks the schema"),
    ],
)
def test_a_file_that_is_no_table(
    config: Callable[..., Config], tmp_path: Path, content: bytes | None, message: str
) -> None:
    path = tmp_path / "raw.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError, match=rf"raw\.csv ({message})"):
        check(read_raw(path), config().data, str(path))


@pytest.mark.parametrize("source", ["nowhere.load", "math.lost"])
def test_a_source_that_does_not_exist(config: Callable[..., Config], source: str) -> None:
    with pytest.raises(UserError, match=r"data\.source"):
        make_dataset(config(f"data.source={source}"))


def test_a_file_is_a_source(config: Callable[..., Config], project: Path, tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    table = pl.read_csv(project / RAW)
    table.write_csv(file)
    made = make_dataset(config(f"data.source={file}"))
    assert made.read_bytes() == (project / RAW).read_bytes()
    table.head(-1).write_csv(file)
    with pytest.raises(UserError, match=r"mine\.csv breaks the schema of digits: it has 1796 rows"):
        make_dataset(config(f"data.source={file}"))
    assert made.read_bytes() == (project / RAW).read_bytes()  # still there
    assert {path.name for path in tmp_path.iterdir()} == {"mine.csv", "digits.csv"}
