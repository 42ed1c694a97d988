"""What each column of a table holds: its kind, its range or values, and why."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from ..data.column import Column
from ..data.read import ISO, Format, convert, convert_quickly, given

SAMPLE = 20_000  # rows that suggest the kind, which the others have to confirm
LISTED = 50  # categories that are written into the configuration
FEW = 10  # different whole numbers that may be codes
DATES = ("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d", "%d-%m-%Y", "%d.%m.%Y %H:%M")
IDENTIFIER = re.compile(r"(?i)(^|[_ .-])(id|uuid|guid|key|index|rowid|nr|no)$|^$|^unnamed|Id$")
CODE = re.compile(r"(?i)(^|[_ .-])(code|zip|zipcode|postcode|plz)([_ .-]|$)")
SHARED = "an identifier that several rows share: GROUP= keeps them together"
UNIT = r"^[^\w\s]?\s?-?\d[\d.,]*\s?([%€$£]|[a-zA-Z]{1,3})$|^[€$£]\s?-?\d"


@dataclass(frozen=True)
class Look:
    """A column, as it was seen.

    Attributes:
        column: Its kind and rules, as they are drafted.
        gaps: How many rows have no value.
        n_unique: How many different values there are, about.
        shown: Its range or values; nothing of columns that are ignored, and of text.
        why: What led to that.
    """

    column: Column
    gaps: int
    n_unique: int
    shown: str = ""
    why: str = ""


def look_at(
    table: pl.LazyFrame,
    format: Format,
    ignored: Collection[str],
    texts: Collection[str],
    times: Collection[str],
) -> tuple[dict[str, Look], int]:
    """Look at every column.

    Args:
        table: As `workbench.data.read.scan` gives it.
        format: How the file writes its values.
        ignored: Columns that the user does not want.
        texts: Columns that hold sentences, as the user says.
        times: Columns that say when a row was, as the user says.

    Returns:
        What each column holds, and how many rows there are.
    """
    types = table.collect_schema()
    sample = table.head(SAMPLE).collect()
    drafts = {name: _guess(sample.get_column(name), types[name], format) for name in types}
    drafts |= dict.fromkeys(texts, Column("text", missing=True))
    counts, n_rows = _count(table, drafts, format, sample)
    # The rest may not be as the first rows are.
    wrong = {name: Column("category", missing=True) for name, c in counts.items() if c["wrong"]}
    if wrong:
        counts |= _count(table.select(*wrong), wrong, format, sample)[0]
        drafts |= wrong
    few = [
        name
        for name, draft in drafts.items()
        if (draft.kind == "category" or CODE.search(name))
        and counts[name]["n_unique"] <= 2 * LISTED  # about: the count is an estimate
        and name not in ignored
    ]
    values = _list_values(table, few, format)
    for name, found in values.items():
        counts[name]["n_unique"] = len(found) + (counts[name]["gaps"] > 0)
    looks = {}
    for name, draft in drafts.items():
        if name in ignored:
            gaps, n_unique = counts[name]["gaps"], counts[name]["n_unique"]
            looks[name] = Look(Column("ignored"), gaps, n_unique, why="as you say")
        elif name in times:
            gaps, n_unique = counts[name]["gaps"], counts[name]["n_unique"]
            looks[name] = Look(draft, gaps, n_unique, _show_range(counts[name]), "as you say")
        elif name in texts:
            looks[name] = _describe_text(counts[name], "as you say")
        else:
            listed = values.get(name)
            looks[name] = _decide(name, draft, counts[name], n_rows, listed, table, format)
    return looks, n_rows


def _guess(values: pl.Series, type: pl.DataType, format: Format) -> Column:
    """The kind of a column by its first rows."""
    category = Column("category", missing=True)
    if type.is_temporal():
        return Column("time", missing=True)
    if type.is_numeric():
        return Column("number", missing=True)
    if type != pl.String:
        return category
    name = values.name
    frame = values.to_frame().filter(given(name, type, category, format))
    frame = frame.with_columns(pl.col(name).str.strip_chars())
    if frame.is_empty():
        return category
    candidates = []
    if not frame[name].str.contains(r"^-?0\d").any():  # 007 is no number
        candidates.append(Column("number", missing=True))
    if frame[name].str.contains(r"\d.*\D.*\d").all():
        candidates += [Column("time", missing=True, format=form) for form in (None, *DATES)]
    for candidate in candidates:
        if not frame.select(convert(name, type, candidate, format)).to_series().has_nulls():
            return candidate
    return category


def _count(
    table: pl.LazyFrame, drafts: Mapping[str, Column], format: Format, sample: pl.DataFrame
) -> tuple[dict[str, dict[str, Any]], int]:
    """Count every column, in one pass over the table."""
    types = table.collect_schema()
    expressions = [pl.len().alias("rows")]
    for place, (name, draft) in enumerate(drafts.items()):
        value = pl.col(name)
        parts = {"typed": value.is_not_null().sum()}
        if draft.kind in ("number", "time"):
            parts |= {"low": value.min(), "high": value.max()}
        if draft.kind not in ("number", "time") or sample[name].n_unique() < 10 * FEW:
            parts |= {"n_unique": value.approx_n_unique()}  # slow
        if draft.kind == "number":
            parts |= {"whole": (value % 1 == 0).all()}
        expressions += [part.alias(f"{place} {key}") for key, part in parts.items()]
    # Converted first, or each expression would convert its column again
    typed = table.select(
        _read_quickly(sample.get_column(name), types[name], draft, format)
        for name, draft in drafts.items()
    )
    row = typed.select(expressions).collect(engine="streaming").row(0, named=True)
    n_rows = row.pop("rows")
    counts: dict[str, dict[str, Any]] = {
        name: {"wrong": False, "n_unique": _extrapolate(sample[name], n_rows)} for name in drafts
    }
    names = list(drafts)
    for key, value in row.items():
        number, _, fact = key.partition(" ")
        counts[names[int(number)]][fact] = value
    for name, draft in drafts.items():
        counts[name]["gaps"] = n_rows - counts[name]["typed"]
        if draft.kind in ("number", "time") and types[name] == pl.String and counts[name]["gaps"]:
            value = convert(name, types[name], draft, format)
            present = given(name, types[name], draft, format)
            closer = table.select(
                typed=value.is_not_null().sum(),
                given=present.sum(),
                low=value.min(),
                high=value.max(),
            )
            counts[name] |= closer.collect(engine="streaming").row(0, named=True)
            counts[name]["gaps"] = n_rows - counts[name]["given"]
            counts[name]["wrong"] = counts[name]["given"] > counts[name]["typed"]
    return counts, n_rows


def _read_quickly(sample: pl.Series, type: pl.DataType, draft: Column, format: Format) -> pl.Expr:
    """A column to be counted: nearly what `convert` gives, in a fraction of its time.

    Categories stay as they are spelled. Times are read in the format of the first rows; where
    this leaves a later one missing, `_count` takes a closer look.
    """
    name = sample.name
    if type == pl.String and draft.kind in ("category", "text"):
        return pl.when(given(name, type, draft, format)).then(pl.col(name)).alias(name)
    if type == pl.String and draft.kind == "time" and draft.format is None:
        present = sample.to_frame().filter(given(name, type, draft, format))
        for narrow in (replace(draft, format=one) for one in ISO):
            if not present.select(convert(name, type, narrow, format)).to_series().has_nulls():
                return convert(name, type, narrow, format)
    return convert_quickly(name, type, draft, format)


def _extrapolate(sample: pl.Series, n_rows: int) -> int:
    """How many different values there may be."""
    n_unique = sample.n_unique()
    return n_rows * n_unique // len(sample) if n_unique > 0.5 * len(sample) else n_unique


def _decide(
    name: str,
    draft: Column,
    counts: Mapping[str, Any],
    n_rows: int,
    values: list[str] | None,
    table: pl.LazyFrame,
    format: Format,
) -> Look:
    """Decide about a column, whose values are listed where they are few."""
    gaps, n_unique, missing = counts["gaps"], counts["n_unique"], counts["gaps"] > 0
    n_unique -= missing  # a gap is not a value
    ignored = Column("ignored")
    if gaps == n_rows:
        return Look(ignored, gaps, 0, why="it is empty")
    if n_unique <= 1:
        return Look(ignored, gaps, n_unique, why="it has the same value everywhere")
    unique = n_unique > 0.95 * (n_rows - gaps) and n_rows > FEW
    if draft.kind == "number":
        low, high, whole = counts["low"], counts["high"], counts["whole"]
        counts_up = whole and unique and high - low < 1.1 * n_rows
        if counts_up or (whole and unique and IDENTIFIER.search(name)):
            return Look(ignored, gaps, n_unique, why="it numbers the rows")
        if whole and IDENTIFIER.search(name):
            return Look(ignored, gaps, n_unique, why=SHARED)
        if whole and CODE.search(name):
            return _describe_categories(values, gaps, n_unique, "numbers that are codes")
        shown = _show_range(counts)
        few = whole and n_unique <= FEW
        why = f"{n_unique} whole numbers: if they are codes, make it a category" if few else ""
        return Look(Column("number", missing=missing), gaps, n_unique, shown, why)
    if draft.kind == "time":
        column = Column("time", missing=missing, format=draft.format)
        shown = _show_range(counts)
        why = "no model sees it: features/prepare.py takes from it what matters"
        if draft.format in DATES[1:3]:
            why = f"read as {draft.format}: is that the order of day and month? " + why
        return Look(column, gaps, n_unique, shown, why)
    facts = _measure_texts(name, table, format)
    if facts["units"]:
        why = "numbers with a unit: make it a column of numbers to use it"
        return Look(ignored, gaps, n_unique, why=why)
    if IDENTIFIER.search(name) and n_unique > FEW and not unique:
        return Look(ignored, gaps, n_unique, why=SHARED)
    if unique or n_unique > 0.5 * n_rows > FEW or n_unique > LISTED:
        if facts["words"] >= 3:
            return _describe_text(counts, f"{facts['words']:.0f} words on average")
        if unique or n_unique > 0.5 * n_rows:
            return Look(ignored, gaps, n_unique, why="it names the rows")
    return _describe_categories(values, gaps, n_unique)


def _show_range(counts: Mapping[str, Any]) -> str:
    ends = [counts.get("low"), counts.get("high")]
    return " … ".join(
        f"{end:g}" if isinstance(end, float) else f"{end}".removesuffix(" 00:00:00") for end in ends
    )


def _describe_text(counts: Mapping[str, Any], why: str) -> Look:
    column = Column("text", missing=counts["gaps"] > 0)
    return Look(column, counts["gaps"], counts["n_unique"], why=why)


def _list_values(table: pl.LazyFrame, names: Sequence[str], format: Format) -> dict[str, list[str]]:
    """The values of some columns as categories, in order, in one pass over the table."""
    types, rule = table.collect_schema(), Column("category", missing=True)
    found = table.select(pl.col(name).unique().implode() for name in names)
    spelled = found.collect(engine="streaming") if names else pl.DataFrame()
    values = {}
    for column in spelled:
        name, spellings = column.name, column.explode().to_frame()
        as_category = convert(name, types[name], rule, format)
        labels = spellings.select(as_category).to_series().drop_nulls().unique()
        values[name] = sorted(labels.to_list(), key=order)
    return values


def _describe_categories(values: list[str] | None, gaps: int, n_unique: int, why: str = "") -> Look:
    if values is None:
        return Look(Column("category", missing=gaps > 0), gaps, n_unique, "", why)
    listed = values if len(values) <= LISTED else None
    shown = ", ".join(value[:20] for value in values[:5]) + ", …" * (len(values) > 5)
    return Look(Column("category", values=listed, missing=gaps > 0), gaps, len(values), shown, why)


def _measure_texts(name: str, table: pl.LazyFrame, format: Format) -> dict[str, float]:
    """How many words the texts have, and whether they are numbers with a unit."""
    type = table.collect_schema()[name]
    texts = table.head(SAMPLE).filter(given(name, type, Column("category"), format))
    text = pl.col(name).cast(pl.String).str.strip_chars()
    found = texts.select(
        words=text.str.split(" ").list.len().mean(), units=text.str.contains(UNIT).mean()
    ).collect()
    words, units = found.row(0)
    return {"words": words or 0, "units": (units or 0) > 0.9}


def order(label: str) -> tuple[float, str]:
    """Numbers by their value, before other labels."""
    try:
        return float(label), label
    except ValueError:
        return float("inf"), label
