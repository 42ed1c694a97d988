"""Which rows are for training, for validation and for the test."""

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from sklearn.model_selection import train_test_split

from workbench.errors import UserError

from ..config import Data, Splits

NAMES = ("train", "validation", "test")
Places = NDArray[np.int64]  # the split of each row: 0, 1 or 2, as in NAMES


def split(rows: pl.DataFrame, data: Data) -> Places:
    """Assign each row to a split.

    Args:
        rows: The target, the columns that the split goes by, and `first`: the number of the first
            row that equals it.
        data: The rules of the split.

    Raises:
        UserError: A split would be empty, or lack a class.
    """
    rule = data.split
    missing = rows.select(pl.col(rule.columns).null_count()).transpose(include_header=True)
    for name, count in missing.iter_rows() if rule.columns else ():
        if count:
            raise UserError(f"data.split.by: column {name} is empty in {count} rows")
    match rule.kind:
        case "time":
            places = _split_by_time(rows.select(rule.columns), rule)
        case "column":
            places = _split_by_column(rows, data)
        case "group":
            units = rows.select(pl.struct(rule.columns).rank("dense")).to_series().to_numpy()
            if data.image:
                units = _join(units, rows["first"].to_numpy())
            places = _split_units(units, None, rule)
        case _:
            units = rows["first"].to_numpy()
            places = _split_units(units, _find_strata(rows, data), rule)
    for place, name in enumerate(NAMES):
        if not (places == place).any():
            raise UserError(f"data.split: no row is left for the {name} split")
    if data.target.kind == "category":
        classes = rows[data.target.column]
        absent = set(classes) - set(classes.filter(pl.Series(places == 0)))
        if absent:
            raise UserError(
                f"The training split has no row of the class {', '.join(sorted(absent))}: change "
                "data.split."
            )
    return places


def _find_strata(rows: pl.DataFrame, data: Data) -> NDArray[Any] | None:
    """The classes, for the same shares in each split; None for numbers."""
    if data.target.kind == "number":
        return None
    counts = rows.group_by(data.target.column).agg(pl.col("first").n_unique())
    for label, count in sorted(counts.iter_rows()):
        if count < len(NAMES):
            raise UserError(
                f"class {label} of column {data.target.column} has {count} different rows, fewer "
                "than one for each split"
            )
    return rows[data.target.column].rank("dense").to_numpy()  # numbers are faster than texts


def _join(groups: NDArray[np.int64], contents: NDArray[np.int64]) -> NDArray[np.int64]:
    """Units of groups that share an image, directly or through other groups."""
    n_groups, n_contents = groups.max() + 1, contents.max() + 1
    shared = coo_array(
        (np.ones(len(groups)), (groups, n_groups + contents)), shape=(n_groups + n_contents,) * 2
    )
    _, unit = connected_components(shared, directed=False)
    joined: NDArray[np.int64] = unit[groups].astype(np.int64)
    return joined


def _split_units(units: NDArray[np.int64], strata: NDArray[Any] | None, rule: Splits) -> Places:
    """Split at random; rows of the same unit stay together."""
    _, first, unit = np.unique(units, return_index=True, return_inverse=True)
    of_unit = None if strata is None else strata[first]
    places = np.zeros(len(first), dtype=np.int64)
    try:
        rest, test = train_test_split(
            np.arange(len(first)),
            test_size=rule.test_fraction,
            stratify=of_unit,
            random_state=rule.seed,
        )
        _, validation = train_test_split(
            rest,
            test_size=rule.validation_fraction / (1 - rule.test_fraction),
            stratify=None if of_unit is None else of_unit[rest],
            random_state=rule.seed,
        )
    except ValueError as error:
        raise UserError(
            f"data.split.test_fraction, data.split.validation_fraction: {error}"
        ) from error
    places[validation], places[test] = 1, 2
    return places[unit]


def _split_by_time(times: pl.DataFrame, rule: Splits) -> Places:
    """The latest rows are for the test, those before them for validation; equal times together."""
    rank = times.select(pl.struct(pl.all()).rank("min")).to_series().to_numpy()  # from 1
    n_rows = len(rank)
    before_test = 1 - rule.test_fraction
    ends = np.round(n_rows * np.array([before_test - rule.validation_fraction, before_test]))
    places: Places = np.searchsorted(ends, rank - 1, side="right")
    return places


def _split_by_column(rows: pl.DataFrame, data: Data) -> Places:
    """A column names the split; without rows for validation, training rows are drawn for it."""
    (name,) = data.split.columns
    said = rows[name].str.strip_chars().str.to_lowercase()
    if unknown := sorted(set(said.unique()) - set(NAMES)):
        raise UserError(
            f"data.split.by: column {name} says {', '.join(unknown[:3])}, and should say "
            f"{', '.join(NAMES)}"
        )
    places: Places = said.replace_strict(
        {name: i for i, name in enumerate(NAMES)}, return_dtype=pl.Int64
    ).to_numpy()
    if (places == 1).any():
        return places
    train = rows.filter(pl.Series(places == 0))
    strata = _find_strata(train, data)
    # Equal rows stay together.
    _, first, unit = np.unique(train["first"].to_numpy(), return_index=True, return_inverse=True)
    try:
        _, validation = train_test_split(
            np.arange(len(first)),
            test_size=data.split.validation_fraction,
            stratify=None if strata is None else strata[first],
            random_state=data.split.seed,
        )
    except ValueError as error:
        raise UserError(f"data.split.validation_fraction: {error}") from error
    places = places.copy()
    places[np.flatnonzero(places == 0)[np.isin(unit, validation)]] = 1
    return places
