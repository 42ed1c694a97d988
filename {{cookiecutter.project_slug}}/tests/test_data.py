"""The raw data: from its source to a checked table."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import small_tables
from PIL import Image
from polars.testing import assert_frame_equal

from workbench.data.images import to_pixels
from workbench.errors import UserError

from {{ cookiecutter.package_name }}.config import Config
from {{ cookiecutter.package_name }}.data import diabetes, digits
from {{ cookiecutter.package_name }}.data.make_dataset import (
    load,
    make_dataset,
    open_source,
)

IGNORED = "{kind: ignored}"
RAW = "data/raw/kinds.parquet"


def test_the_raw_table_is_that_of_its_source(project: Path) -> None:
    source, table = small_tables.kinds(), pl.read_parquet(project / RAW)
    assert table.columns == source.columns
    same = ["weight", "length", "noise", "colour", "note", "tree", "fruit"]
    assert_frame_equal(table.select(same), source.select(same))
    assert table["ripe"].to_list() == [str(ripe).lower() for ripe in source["ripe"]]
    assert table["picked"].dt.date().to_list() == source["picked"].to_list()


def test_the_same_bytes_each_time(config: Callable[..., Config], project: Path) -> None:
    assert make_dataset(config()).read_bytes() == (project / RAW).read_bytes()


def test_a_file_is_a_source(config: Callable[..., Config], project: Path, tmp_path: Path) -> None:
    file, table = tmp_path / "mine.csv", small_tables.kinds()
    table.write_csv(file)
    mine = config(f"data.source={file}")
    made = make_dataset(mine)
    assert_frame_equal(pl.read_parquet(made), pl.read_parquet(project / RAW))
    first = made.read_bytes()
    table.head(-1).write_csv(file)
    with pytest.raises(UserError, match=r"mine\.csv breaks the schema of kinds: it has 149 rows"):
        make_dataset(mine)
    assert made.read_bytes() == first  # still there
    assert {path.name for path in tmp_path.iterdir()} == {"mine.csv", "kinds.parquet"}


def test_a_folder_of_images_is_a_source(tmp_path: Path) -> None:
    for label, colour in (("cat", 50), ("dog", 100)):
        (tmp_path / label).mkdir()
        Image.new("L", (9, 9), colour).save(tmp_path / label / "1.png")
    image = "image: {kind: image, width: 2, height: 1, channels: 1}"
    kinds = f"columns:\n  file: {IGNORED}\n  folder: {IGNORED}\n  {image}"
    target = "target: {column: label, kind: category}"
    data = small_tables.describe("\n".join([f"source: {tmp_path}", kinds, target]))
    with open_source(data) as table:
        found = small_tables.check(table, data, "mine")
    assert found.rows() == [
        ("cat/1.png", ".", bytes([50, 50]), "cat"),
        ("dog/1.png", ".", bytes([100, 100]), "dog"),
    ]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("data/external/photos", "data/external/photos is a folder, and no column is an image"),
        ("nowhere.load", "No module named 'nowhere'"),
        ("math.lost", "has no attribute 'lost'"),
        ("lost.csv", "lost.csv is not there: `make pull`"),
        ("pathlib.Path.cwd", "pathlib.Path.cwd returns no table of Polars"),
    ],
)
def test_a_source_that_gives_no_table(source: str, message: str) -> None:
    lines = ("columns: {a: {kind: number}}", "target: {column: y, kind: number}")
    data = small_tables.describe("\n".join([f"source: {source}", *lines]))
    with pytest.raises(UserError, match=r"^data\.source: ") as caught, open_source(data):
        pass
    assert message in str(caught.value)


def test_the_tables_that_ship_are_the_published_ones() -> None:
    images = digits.load()
    assert images.shape == (1797, 2)
    pixels = to_pixels(images["image"], (8, 8, 1))
    assert pixels[0, 0, :, 0].tolist() == [0, 0, 80, 207, 143, 16, 0, 0]  # 5, 13, 9 and 1 of 16
    counts = images["label"].value_counts().sort("label")["count"].to_list()
    assert counts == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    patients = diabetes.load()
    assert patients.shape == (442, 11)
    means: dict[str, Any] = patients.select("age", "bmi", "progression").mean().row(0, named=True)
    assert means == pytest.approx({"age": 48.518, "bmi": 26.376, "progression": 152.133}, abs=1e-3)
    assert load("small_tables.number").collect().height == 120
