"""A slow step."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from .support import ROOT, NotYet, make_config

if TYPE_CHECKING:
    import polars as pl

    from {{ cookiecutter.package_name }}.config import Data

TESTS = ()
N_ROWS = 4000
MAX_RATIO = 20  # of the time to that of a loop with a dictionary; of row against row: hundreds


def check() -> None:
    """Compare the results with those of a dictionary, then the time for many rows with its time."""
    generator = np.random.default_rng()
    for name in ("digits", "penguins"):
        data = make_config(ROOT / "outputs", f"data={name}").data
        for data.repeats in ("keep", "together"):
            for n_rows in (1, 2, 60, 500):
                _check_result(_make_table(data, n_rows, generator), data)
    ratio = _compare_times(_make_table(data, N_ROWS, generator), data)
    if ratio > MAX_RATIO:
        raise NotYet(
            f"For {N_ROWS} rows, `read_keys` takes {ratio:.0f} times as long as a loop that looks "
            "each row up in a dictionary: it does too much for each row."
        )


def _make_table(data: Data, n_rows: int, generator: np.random.Generator) -> pl.DataFrame:
    """Rows with gaps, of which some are equal."""
    import polars as pl

    def draw(kind: str) -> pl.Series:
        words = pl.Series([None, "1", "2", "3"]).gather(generator.integers(4, size=n_rows))
        return words.cast({"number": pl.Float64, "image": pl.Binary}.get(kind, pl.String))

    columns = {name: draw(column.kind) for name, column in data.columns.items()}
    target = {data.target.column: generator.choice(["p", "q"], n_rows)}
    table = pl.DataFrame({**columns, **target})
    return table.select(pl.all().gather(generator.integers(n_rows, size=n_rows)))


def _check_result(table: pl.DataFrame, data: Data) -> None:
    from {{ cookiecutter.package_name }}.features.build_features import read_keys

    target = data.target.column
    keys = read_keys(table.lazy(), data)
    if keys.height != table.height or keys[target].to_list() != table[target].to_list():
        raise NotYet("`read_keys` does not return the rows in their order.")
    if {*keys.columns} != {target, "first", *data.split.columns}:
        raise NotYet(f"`read_keys` returns the columns {', '.join(keys.columns)}.")
    right = list(range(table.height)) if data.repeats == "keep" else _find_first(table, data)
    if keys["first"].to_list() != right:
        text = f"with `repeats: {data.repeats}`, for the columns of {data.name}"
        raise NotYet(f"`first` is not the first equal row, {text}.")


def _find_first(table: pl.DataFrame, data: Data) -> list[int]:
    """The place of the first row that equals each row."""
    seen: dict[tuple[object, ...], int] = {}
    rows = table.select(data.content).rows()
    return [seen.setdefault(row, place) for place, row in enumerate(rows)]


def _compare_times(table: pl.DataFrame, data: Data) -> float:
    """How many times as long as the dictionary the student's function takes, at its best."""
    from {{ cookiecutter.package_name }}.features.build_features import read_keys

    times: dict[str, list[float]] = {"own": [], "dictionary": []}
    for turn in range(3):
        rows = table[turn:]  # another table each time: a cache does not help
        start = time.perf_counter()
        read_keys(rows.lazy(), data)
        between = time.perf_counter()
        _find_first(rows, data)
        times["own"].append(between - start)
        times["dictionary"].append(time.perf_counter() - between)
    return min(times["own"]) / min(times["dictionary"])
