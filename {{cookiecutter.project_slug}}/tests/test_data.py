"""The raw data, and what the check of its schema accepts and refuses."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from workbench.errors import UserError

from {{ cookiecutter.package_name }}.config import Config
from {{ cookiecutter.package_name }}.data.make_dataset import make_dataset
from {{ cookiecutter.package_name }}.data.schema import check

RAW = "data/raw/digits.csv"


def test_the_digits_are_the_published_ones(project: Path) -> None:
    table = pl.read_csv(project / RAW)
    assert table.shape == (1797, 65)
    counts = table["label"].value_counts().sort("label")["count"].to_list()
    assert counts == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_the_same_bytes_each_time(config: Callable[..., Config], project: Path) -> None:
    assert make_dataset(config()).read_bytes() == (project / RAW).read_bytes()


def test_a_table_that_meets_its_schema_becomes_numbers(
    config: Callable[..., Config], project: Path
) -> None:
    data = config().data
    table = check(project / RAW, data, RAW).collect()
    assert table.columns == [*data.features, "label"]
    assert_frame_equal(table, pl.read_csv(project / RAW), check_dtypes=False)


def test_columns_may_be_in_any_order(
    config: Callable[..., Config], project: Path, tmp_path: Path
) -> None:
    table = pl.read_csv(project / RAW)
    table.select(reversed(table.columns)).write_csv(tmp_path / "raw.csv")
    found = check(tmp_path / "raw.csv", config().data, "raw.csv").collect()
    assert_frame_equal(found, table, check_dtypes=False)


def with_cell(column: str, value: str) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """Change the cells of three rows."""
    first_three = pl.int_range(pl.len()) < 3
    return lambda table: table.with_columns(
        pl.when(first_three).then(pl.lit(value)).otherwise(column).alias(column)
    )


FAULTS: dict[str, tuple[Callable[[pl.DataFrame], pl.DataFrame], str]] = {
    "too large": (with_cell("pixel_3_3", "17"), "column pixel_3_3 is not within 0 to 16 in 3 rows"),
    "too small": (with_cell("pixel_3_3", "-1"), "column pixel_3_3 is not within 0 to 16 in 3 rows"),
    "NaN": (with_cell("pixel_3_3", "NaN"), "column pixel_3_3 is not within 0 to 16 in 3 rows"),
    "missing": (with_cell("pixel_3_3", ""), "column pixel_3_3 is not a number in 3 rows"),
    "text": (with_cell("pixel_3_3", "many"), "column pixel_3_3 is not a number in 3 rows"),
    "no such class": (with_cell("label", "10"), "column label is not within 0 to 9 in 3 rows"),
    "half a class": (with_cell("label", "0.5"), "column label is not a whole number in 3 rows"),
    "column lost": (lambda t: t.drop("pixel_0_0"), "column pixel_0_0 is missing"),
    "column added": (lambda t: t.with_columns(extra=1), "column extra is not expected"),
    "no label": (lambda t: t.rename({"label": "digit"}), "column label is missing"),
    "rows lost": (lambda t: t.head(-7), "it has 1790 rows, not 1797"),
    "repeated": (lambda t: pl.concat([t, t.head(2)]), "4 rows are not unique"),
    "class lost": (
        lambda t: t.filter(pl.col("label") != "7"),
        "class 7 of column label has 0 rows",
    ),
    "one of a class": (
        lambda t: t.filter((pl.col("label") != "7") | (pl.int_range(pl.len()) == 7)),
        "class 7 of column label has 1 rows",
    ),
    "empty": (lambda t: t.clear(), "class 0 of column label has 0 rows"),
}


@pytest.mark.parametrize(("spoil", "fault"), FAULTS.values(), ids=FAULTS)
def test_the_schema_names_each_fault(
    config: Callable[..., Config],
    project: Path,
    tmp_path: Path,
    spoil: Callable[[pl.DataFrame], pl.DataFrame],
    fault: str,
) -> None:
    spoil(pl.read_csv(project / RAW, infer_schema=False)).write_csv(tmp_path / "raw.csv")
    with pytest.raises(UserError, match=f"^my data breaks the schema of digits: .*{fault}"):
        check(tmp_path / "raw.csv", config().data, "my data")


def test_of_many_faults_five_are_named(
    config: Callable[..., Config], project: Path, tmp_path: Path
) -> None:
    pl.read_csv(project / RAW).select("label").write_csv(tmp_path / "raw.csv")
    with pytest.raises(UserError, match=r"pixel_0_4 is missing; and 59 more$"):
        check(tmp_path / "raw.csv", config().data, "raw.csv")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "is not there"),
        (b"", "is not a CSV table: empty CSV"),
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
        check(path, config().data, str(path))


def test_a_row_with_too_many_values(
    config: Callable[..., Config], project: Path, tmp_path: Path
) -> None:
    path = tmp_path / "raw.csv"
    path.write_text((project / RAW).read_text() + "0," * 65 + "1\n")
    with pytest.raises(UserError, match=r"raw\.csv is not a CSV table: found more fields"):
        check(path, config().data, str(path))


@pytest.mark.parametrize("source", ["nowhere.load", "math.lost", "lost.csv"])
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
