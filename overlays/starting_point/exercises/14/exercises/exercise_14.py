"""A drift that has to be noticed."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from .support import ROOT, NotYet

if TYPE_CHECKING:
    import polars as pl

TESTS = ()
FILE = "monitoring/drift.py"
N_ROWS = 400
N_QUIET = 40  # tables without drift
MAX_ALARMS = 4  # among them: a level of 1 % raises more in one of 20,000 checks


def check() -> None:
    """Look for drift that was made up, and for alarms where there is none."""
    find_drift = _load()
    generator = np.random.default_rng()
    for name, change in _list_drifts().items():
        _check_drift(find_drift, generator, name, change)
    alarms = 0
    for n_columns, n_rows in [(40, N_ROWS), (5, N_ROWS), (40, 60), (5, 60)] * (N_QUIET // 4):
        tables = [_make_table(generator, n_columns, n_rows) for _ in range(2)]
        alarms += bool(find_drift(*tables))
    if alarms > MAX_ALARMS:
        raise NotYet(f"Without any drift, {alarms} tables of {N_QUIET} raise an alarm.")


def _load() -> Callable[..., Any]:
    path = ROOT / FILE
    if not path.is_file():
        raise NotYet(f"{FILE} is not written yet.")
    spec = importlib.util.spec_from_file_location("drift", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if not callable(getattr(module, "find_drift", None)):
        raise NotYet(f"{FILE} has no function `find_drift`.")
    function: Callable[..., Any] = module.find_drift
    return function


def _make_table(
    generator: np.random.Generator, n_columns: int, n_rows: int = N_ROWS
) -> pl.DataFrame:
    """Rows of one kind: numbers of several distributions with gaps, and words."""
    import polars as pl

    draw = (generator.normal, generator.exponential, generator.uniform)
    numbers = {f"number_{i}": draw[i % 3](size=n_rows) for i in range(n_columns)}
    words = generator.choice(["red", "green", "blue"], n_rows, p=[0.6, 0.3, 0.1])
    gaps = pl.when(pl.Series(generator.random(n_rows) > 0.1)).then("number_1").alias("number_1")
    table = pl.DataFrame({**numbers, "steps": generator.integers(5, size=n_rows)})
    return table.with_columns(gaps, word=pl.Series(words), same=pl.lit("x"))


def _list_drifts() -> dict[str, tuple[str, pl.Expr]]:
    """The column that changes, and how."""
    import polars as pl

    even = pl.int_range(pl.len()) % 2 == 0
    return {
        "the mean of number_0 has risen by one deviation": ("number_0", pl.col("number_0") + 1),
        "the deviation of number_3 is three times as large": ("number_3", pl.col("number_3") * 3),
        "number_2 is at both ends, with the same mean": (
            "number_2",
            pl.when(even).then(pl.col("number_2") * 0.1).otherwise(1 - pl.col("number_2") * 0.1),
        ),
        "number_1, which has gaps, is in another unit": ("number_1", pl.col("number_1") * 1.8 + 32),
        "`green` is as frequent as `red`": (
            "word",
            pl.when(even & (pl.col("word") == "red")).then(pl.lit("green")).otherwise("word"),
        ),
        "a new word is there": (
            "word",
            pl.when(pl.int_range(pl.len()) % 8 == 0).then(pl.lit("grey")).otherwise("word"),
        ),
    }


def _check_drift(
    find_drift: Callable[..., Any],
    generator: np.random.Generator,
    what: str,
    change: tuple[str, pl.Expr],
) -> None:
    name, expression = change
    reference, current = (_make_table(generator, 40) for _ in range(2))
    found = find_drift(reference, current.with_columns(expression.alias(name)))
    if not isinstance(found, list):
        raise NotYet(f"`find_drift` returns {type(found).__name__}, and not a list of names.")
    if name not in found:
        raise NotYet(f"`find_drift` does not name {name}, although {what}.")
    if len(found) > 10:
        raise NotYet(f"`find_drift` names {len(found)} columns, and one has changed: {name}.")
