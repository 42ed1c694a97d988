"""Which rows are for training, for validation and for the test, and which are set aside."""

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from sklearn.model_selection import train_test_split

from workbench.errors import UserError, say_rows

from ..config import Data, Splits

NAMES = ("train", "validation", "test")
PARTS = (*NAMES, "calibration")
Places = NDArray[np.int64]  # the part of each row, as in PARTS; -1: none


def split(rows: pl.DataFrame, data: Data, number: int) -> Places:
    """Assign each row to a split.

    Args:
        rows: The target, the columns that the split goes by, and `first`: the number of the first
            row that equals it.
        data: The rules of the split.
        number: Which of the possible splits: the seed of a random one or, by time, how many test
            spans it ends before the latest one. Rows after its test are in no split (-1).

    Raises:
        UserError: A split would be empty, or lack a class.
    """
    rule = data.split
    missing = rows.select(pl.col(rule.columns).null_count()).transpose(include_header=True)
    for name, count in missing.iter_rows() if rule.columns else ():
        if count:
            raise UserError(f"data.split.by: column {name} is empty in {say_rows(count)}")
    match rule.kind:
        case "time":
            places = _split_by_time(rows.select(rule.columns), rule, number)
        case "column":
            places = _split_by_column(rows, data, number)
        case "group":
            places = _split_units(_find_groups(rows, data), None, rule, number)
        case _:
            units = rows["first"].to_numpy()
            places = _split_units(units, _find_strata(rows, data), rule, number)
    for place, name in enumerate(NAMES):
        if not (places == place).any():
            raise UserError(f"data.split: no row is left for the {name} split (split={number})")
    _require_classes(rows, places, data)
    return places


def set_aside(rows: pl.DataFrame, places: Places, data: Data, fraction: float, seed: int) -> Places:
    """Take rows for the calibration out of the training split, by the rule of the split.

    In time, they are the last ones before validation; groups stay whole; else each class gives the
    same share.

    Args:
        rows: As for `split`.
        places: The result of `split`.
        data: The rules of the split.
        fraction: The share of the training rows, or of their groups, to take; 0: none.
        seed: Draws the rows.

    Raises:
        UserError: No row is left for one of the two, or a class is left without training rows.
    """
    if not fraction:
        return places
    train = np.flatnonzero(places == 0)
    part = rows[train]
    try:
        if data.split.kind == "time":
            taken = _rank(part.select(data.split.columns)) > round(len(train) * (1 - fraction))
        elif data.split.kind == "group":
            taken = _draw(_find_groups(part, data), None, fraction, seed)
        else:
            strata = _find_strata(part, data, n_splits=2)
            taken = _draw(part["first"].to_numpy(), strata, fraction, seed)
    except ValueError as error:
        raise UserError(f"calibration.fraction: {error}") from error
    if taken.all() or not taken.any():
        raise UserError("calibration.fraction: no row is left for calibration, or for training")
    places = places.copy()
    places[train[taken]] = PARTS.index("calibration")
    _require_classes(rows, places, data)
    return places


def _require_classes(rows: pl.DataFrame, places: Places, data: Data) -> None:
    if data.target.kind == "category":
        classes = rows[data.target.column]
        absent = set(classes) - set(classes.filter(pl.Series(places == 0)))
        if absent:
            raise UserError(
                f"The training split has no row of the class {', '.join(sorted(absent))}: change "
                "data.split."
            )


def _find_groups(rows: pl.DataFrame, data: Data) -> NDArray[np.int64]:
    """Which rows stay together: those of a group, and groups that share an image."""
    groups = rows.select(pl.struct(data.split.columns).rank("dense")).to_series().to_numpy()
    return _join(groups, rows["first"].to_numpy()) if data.image else groups


def _find_strata(rows: pl.DataFrame, data: Data, n_splits: int = len(NAMES)) -> NDArray[Any] | None:
    """The classes, for the same shares in each split; None for numbers."""
    if data.target.kind == "number":
        return None
    counts = rows.group_by(data.target.column).agg(pl.col("first").n_unique())
    for label, count in sorted(counts.iter_rows()):
        if count < n_splits:
            raise UserError(
                f"class {label} of column {data.target.column} has too few different rows "
                f"({count}): each split needs one"
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


def _split_units(
    units: NDArray[np.int64], strata: NDArray[Any] | None, rule: Splits, seed: int
) -> Places:
    """Split at random; rows of the same unit stay together."""
    _, first, unit = np.unique(units, return_index=True, return_inverse=True)
    of_unit = None if strata is None else strata[first]
    places = np.zeros(len(first), dtype=np.int64)
    try:
        rest, test = train_test_split(
            np.arange(len(first)),
            test_size=rule.test_fraction,
            stratify=of_unit,
            random_state=seed,
        )
        _, validation = train_test_split(
            rest,
            test_size=rule.validation_fraction / (1 - rule.test_fraction),
            stratify=None if of_unit is None else of_unit[rest],
            random_state=seed,
        )
    except ValueError as error:
        raise UserError(
            f"data.split.test_fraction, data.split.validation_fraction: {error}"
        ) from error
    places[validation], places[test] = 1, 2
    return places[unit]


def _split_by_time(times: pl.DataFrame, rule: Splits, n_spans: int) -> Places:
    """The latest rows are for the test, those before them for validation; equal times together.

    With another origin, the test ends `n_spans` of its spans earlier: L. J. Tashman, International
    Journal of Forecasting 16, 2000.
    """
    rank = _rank(times)
    before_test = 1 - (n_spans + 1) * rule.test_fraction
    after_test = before_test + rule.test_fraction
    shares = np.array([before_test - rule.validation_fraction, before_test, after_test])
    places: Places = np.searchsorted(np.round(len(rank) * shares), rank - 1, side="right")
    return np.where(places == len(NAMES), -1, places)


def _rank(times: pl.DataFrame) -> NDArray[np.int64]:
    """The place of each row in time, from 1; equal times have the same one."""
    return times.select(pl.struct(pl.all()).rank("min")).to_series().to_numpy()


def _split_by_column(rows: pl.DataFrame, data: Data, seed: int) -> Places:
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
    units, fraction = train["first"].to_numpy(), data.split.validation_fraction
    try:
        taken = _draw(units, strata, fraction, seed)
    except ValueError as error:
        raise UserError(f"data.split.validation_fraction: {error}") from error
    places = places.copy()
    places[np.flatnonzero(places == 0)[taken]] = 1
    return places


def _draw(
    units: NDArray[np.int64], strata: NDArray[Any] | None, fraction: float, seed: int
) -> NDArray[np.bool_]:
    """Draw a share of the units at random, the same of each class; rows of a unit stay together."""
    _, first, unit = np.unique(units, return_index=True, return_inverse=True)
    _, drawn = train_test_split(
        np.arange(len(first)),
        test_size=fraction,
        stratify=None if strata is None else strata[first],
        random_state=seed,
    )
    return np.isin(unit, drawn)
