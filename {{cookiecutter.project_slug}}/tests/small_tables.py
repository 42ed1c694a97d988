"""Small tables, made up: the sources of tests/configs/data/, and data sets of a single test."""

from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import polars as pl
from omegaconf import OmegaConf
from pydantic import TypeAdapter

from {{ cookiecutter.package_name }}.config import Data
from {{ cookiecutter.package_name }}.data.schema import write_checked

FRUITS = ["açaí", "apple", "pear"]
WORDS = ["dark, sour berry", "round and crisp", "soft and sweet"]  # for each fruit
# One piece of fruit, as a client of the API sends it
RECORD = {
    "weight": 150,
    "length": 7,
    "noise": 0,
    "colour": "red",
    "ripe": "true",
    "note": "crisp",
    "picked": "2026-01-31",
}


def kinds() -> pl.DataFrame:
    """150 pieces of fruit: three classes, each kind of column, and gaps; `noise` tells nothing."""
    random = np.random.default_rng(0)
    row = np.arange(150)
    fruit = random.permutation(row % 3)
    # Two columns that are right in most rows
    colour, note = np.where(random.random((2, 150)) < 0.6, fruit, random.integers(3, size=150))
    gap = random.random((3, 150)) < 0.1
    table = pl.DataFrame(
        {
            "weight": np.array([100, 160, 200])[fruit] + random.normal(0, 30, 150),
            "length": np.array([5, 7, 10])[fruit] + random.normal(0, 1.5, 150),
            "noise": random.normal(0, 1, 150),
            "colour": np.array(["blue", "red", "green"])[colour],
            "ripe": random.random(150) < 0.5,
            "note": np.array(WORDS)[note],
            "picked": [date(2026, 1, 1) + timedelta(days=int(day)) for day in row // 2],
            "tree": [f"tree {number}" for number in row // 5],
            "fruit": np.array(FRUITS)[fruit],
        }
    )
    return table.with_columns(
        pl.when(~pl.Series(gaps)).then(name).alias(name)
        for name, gaps in zip(["length", "colour", "note"], gap, strict=True)
    )


def number() -> pl.DataFrame:
    """120 homes and their price, a number that depends on two of three columns of numbers."""
    random = np.random.default_rng(1)
    area, rooms = random.uniform(20, 200, 120), random.integers(1, 7, 120)
    price = 3000 * area + 20000 * rooms + random.normal(0, 20000, 120)
    noise = random.normal(0, 1, 120)
    return pl.DataFrame({"area": area, "rooms": rooms, "noise": noise, "price": price})


def pictures() -> pl.DataFrame:
    """120 pictures of 6×4 pixels in colour: is the left half the redder one? 1 says yes."""
    random = np.random.default_rng(2)
    red = random.permutation(np.arange(120) % 2)
    pixels = random.integers(0, 150, (120, 4, 6, 3), dtype=np.uint8)
    pixels[red == 1, :, :3, 0] += 60
    pixels[red == 0, :, 3:, 0] += 60
    return pl.DataFrame({"picture": [picture.tobytes() for picture in pixels], "red": red})


def describe(text: str) -> Data:
    """A data set from YAML, as configs/data/ has it."""
    values: Any = OmegaConf.to_container(OmegaConf.create(text))
    return TypeAdapter(Data).validate_python({"name": "mine", "source": "mine.csv", **values})


def check(table: pl.LazyFrame, data: Data, name: str) -> pl.DataFrame:
    """What the check of the schema writes."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "mine.parquet")
        write_checked(table, data, name, path)
        return pl.read_parquet(path)
