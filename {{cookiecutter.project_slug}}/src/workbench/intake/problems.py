"""Common problems of a table: rare classes, a target given away, repeated rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import polars as pl

from ..data.column import Column
from ..data.read import Format, to_typed
from ..errors import UserError, say_rows
from .look import FEW, Look, order

Task = Literal["classification", "regression"]
YES = {"yes", "true", "1", "positive", "y", "t"}
ROWS = 20_000  # that are enough to see what a column gives away
SPLITS = 3
RARE = 10


@dataclass(frozen=True)
class Target:
    """The drafted target."""

    column: str
    task: Task
    values: list[str] | None = None
    positive: str | None = None
    drops: bool = False
    notes: list[str] = field(default_factory=list)


def judge_target(
    name: str, look: Look, counts: Mapping[str, int], task: Task | None, n_rows: int
) -> Target:
    """Find out what the target is.

    Args:
        name: The column.
        look: What `look_at` found in it.
        counts: The rows of each value, where there are not too many.
        task: The task that the user gave, if any.
        n_rows: How many rows the table has.

    Raises:
        UserError: It cannot be predicted.
    """
    if look.gaps == n_rows or look.n_unique < 2:
        raise UserError(
            f"The target {name} has {look.n_unique} different values: nothing to learn."
        )
    number = look.column.kind == "number"
    if task == "regression" and not number:
        raise UserError(f"The target {name} is no number: leave TASK out, or make it one.")
    if task is None:
        whole = bool(counts) and all(label.lstrip("-").isdecimal() for label in counts)
        task = "regression" if number and not (whole and len(counts) <= FEW) else "classification"
    notes = []
    if look.gaps:
        notes.append(f"The target {name} has gaps: {say_rows(look.gaps)}, to be left out.")
    if task == "regression":
        return Target(name, task, drops=look.gaps > 0, notes=notes)
    if not counts or look.n_unique > 0.5 * n_rows:
        raise UserError(
            f"The target {name} has {look.n_unique} different values in {n_rows} rows: too many "
            "classes. A number to predict? Then say TASK=regression."
        )
    few = {label: count for label, count in counts.items() if count < SPLITS}
    if few:
        label, count = next(iter(few.items()))
        raise UserError(
            f"The class {label} of {name} has {say_rows(count)}, and each of three splits needs "
            "one: leave it out of the file, or join it to another one."
        )
    rare = [label for label, count in counts.items() if count < RARE]
    if rare:
        notes.append(f"Rare classes, with fewer than {RARE} rows: {', '.join(rare)}.")
    if number:
        notes.append(
            f"{name} has {len(counts)} whole numbers, taken as classes: else TASK=regression."
        )
    values = sorted(counts, key=order)
    positive = next((label for label in values if label.lower() in YES), None)
    return Target(name, task, values, positive if len(values) == 2 else None, look.gaps > 0, notes)


def find_giveaways(
    table: pl.LazyFrame, columns: Mapping[str, Column], target: Target, format: Format
) -> list[str]:
    """Find the columns that give the target away."""
    rule = Column("number" if target.task == "regression" else "category", missing=True)
    typed = to_typed(table.head(ROWS), {**columns, target.column: rule}, format)
    rows = typed.drop_nulls(target.column).collect()
    return [
        name
        for name, column in columns.items()
        if _tells(rows.select(name, target.column).drop_nulls(), column, target)
    ]


def _tells(rows: pl.DataFrame, column: Column, target: Target) -> bool:
    name, truth = rows.columns
    if rows.height < FEW or column.kind not in ("number", "category"):
        return False
    if target.task == "regression":
        if column.kind != "number" or rows[name].n_unique() < FEW:
            return False
        with np.errstate(invalid="ignore"):
            return bool(abs(np.corrcoef(rows[name], rows[truth])[0, 1]) > 0.9999)
    # As many values as classes, and each value has one class: another name for it
    pairs = rows.unique()
    n_values, n_classes = rows[name].n_unique(), rows[truth].n_unique()
    return pairs.height == n_values == n_classes


def count_repeats(table: pl.LazyFrame, columns: Sequence[str], target: str) -> int:
    """How many rows equal an earlier one, in all that is used."""
    hashes = table.select(pl.struct(*columns, target).hash()).collect(engine="streaming")
    return int(hashes.to_series().is_first_distinct().not_().sum())
