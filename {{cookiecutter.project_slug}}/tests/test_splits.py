"""Which rows are for training, for validation and for the test, by each kind of split."""

import re
from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from small_tables import describe

from workbench.errors import UserError

from {{ cookiecutter.package_name }}.features.build_features import (
    describe_splits,
    read_keys,
    select,
)
from {{ cookiecutter.package_name }}.features.splits import (
    NAMES,
    PARTS,
    set_aside,
    split,
)

CLASSES = "target: {column: y, kind: category}"
NUMBERS = "target: {column: y, kind: number}"
COLUMN = "columns: {a: {kind: number}, g: {kind: ignored}}"
IMAGE = "columns:\n  a: {kind: image, width: 1, height: 1, channels: 1}\n  g: {kind: ignored}"
TIME = "columns: {a: {kind: number}, t: {kind: time}}"


def assign(table: pl.DataFrame, *lines: str, number: int = 0, aside: float = 0) -> list[str | None]:
    """For each row the name of its split; None if it is left out."""
    data = describe("\n".join(lines))
    keys = read_keys(table.lazy(), data)
    used, _ = select(keys, data)
    rows = keys.filter(pl.Series(used))
    places = iter(set_aside(rows, split(rows, data, number), data, aside, number))
    names = [*PARTS, None]  # -1: the last one
    return [names[next(places)] if use else None for use in used]


def count(names: Sequence[str | None]) -> list[int]:
    """How many rows each split has."""
    return [names.count(name) for name in NAMES]


def make_table(n_rows: int = 100, **columns: Sequence[object]) -> pl.DataFrame:
    """Rows that differ, of which each fifth is of the class q."""
    y = ["q" if row % 5 == 0 else "p" for row in range(n_rows)]
    return pl.DataFrame({"a": np.arange(n_rows, dtype=float), "y": y, **columns})


def test_a_random_split_has_its_sizes_and_each_split_its_share_of_each_class() -> None:
    table = make_table()
    table = table.with_columns(split=pl.Series(assign(table, COLUMN, CLASSES)))
    sizes = {(name, label): n for name, label, n in table.group_by("split", "y").len().iter_rows()}
    by_split = [[sizes[name, label] for label in "pq"] for name in NAMES]
    assert by_split == [[48, 12], [16, 4], [16, 4]]


def test_a_random_split_of_numbers_has_its_sizes() -> None:
    table = make_table(y=np.linspace(0, 1, 100).tolist())
    lines = (COLUMN, NUMBERS, "split: {validation_fraction: 0.1, test_fraction: 0.5}")
    assert count(assign(table, *lines)) == [40, 10, 50]


def test_a_random_split_depends_on_its_seed() -> None:
    first, same, other = (
        assign(make_table(), COLUMN, CLASSES, number=number) for number in (1, 1, 2)
    )
    assert first == same != other


@pytest.mark.parametrize("by", ["g", "[g, h]"])
def test_no_group_is_on_two_sides(by: str) -> None:
    group = [row // 7 % 11 for row in range(100)]
    table = make_table(g=group, h=[row % 2 for row in range(100)])
    columns = "columns: {a: {kind: number}, g: {kind: ignored}, h: {kind: ignored}}"
    names = assign(table, columns, CLASSES, f"split:\n  kind: group\n  by: {by}")
    assert all(count(names))
    sides = table.with_columns(split=pl.Series(names)).group_by(by.strip("[]").split(", "))
    assert sides.agg(pl.col("split").n_unique())["split"].max() == 1


def test_the_latest_rows_are_for_the_test_and_those_before_them_for_validation() -> None:
    order = np.random.default_rng(0).permutation(10)
    days = [date(2025, 12, 28) + timedelta(days=int(day)) for day in order]
    names = assign(make_table(10, t=days), TIME, CLASSES, "split: {kind: time, by: t}")
    in_time = [names[row] for row in np.argsort(order)]
    assert in_time == ["train"] * 6 + ["validation"] * 2 + ["test"] * 2


@pytest.mark.parametrize("number", [1, 2])
def test_another_split_by_time_ends_whole_test_spans_earlier(number: int) -> None:
    days = [date(2026, 1, 1) + timedelta(days=row) for row in range(20)]
    lines = "split: {kind: time, by: t, validation_fraction: 0.1, test_fraction: 0.2}"
    names = assign(make_table(20, t=days), TIME, CLASSES, lines, number=number)
    n_train = 14 - 4 * number
    expected = ["train"] * n_train + ["validation"] * 2 + ["test"] * 4 + [None] * 4 * number
    assert names == expected


def test_a_split_by_time_cannot_start_before_the_data() -> None:
    days = [date(2026, 1, 1) + timedelta(days=row) for row in range(20)]
    lines = "split: {kind: time, by: t, test_fraction: 0.2}"
    with pytest.raises(UserError, match=r"no row is left for the train split \(split=4\)"):
        assign(make_table(20, t=days), TIME, CLASSES, lines, number=4)


def test_equal_times_stay_together() -> None:
    days = [date(2026, 1, 1 + row // 4) for row in range(20)]  # the ends would fall into a day
    lines = "split: {kind: time, by: t, validation_fraction: 0.3, test_fraction: 0.3}"
    names = assign(make_table(20, t=days), TIME, CLASSES, lines)
    by_day = [{*names[row : row + 4]} for row in range(0, 20, 4)]
    assert by_day == [{"train"}, {"train"}, {"validation"}, {"validation"}, {"test"}]


def test_time_may_be_several_columns_of_numbers() -> None:
    year, month = [2026, 2025, 2026, 2025, 2026] * 2, [*range(1, 11)]
    columns = "columns: {a: {kind: number}, year: {kind: number}, month: {kind: number}}"
    lines = (columns, CLASSES, "split: {kind: time, by: [year, month]}")
    names = assign(make_table(10, year=year, month=month), *lines)
    assert [row for row, name in enumerate(names) if name == "test"] == [7, 9]


def test_a_column_says_which_split() -> None:
    said = ["train", "Test ", "VALIDATION", "train", "test"] * 2
    names = assign(make_table(10, g=said), COLUMN, CLASSES, "split: {kind: column, by: g}")
    assert names == [text.strip().lower() for text in said]


def test_without_rows_for_validation_some_of_training_are_taken() -> None:
    said = ["test" if row % 4 == 1 else "train" for row in range(100)]
    lines = (COLUMN, CLASSES, "split: {kind: column, by: g, validation_fraction: 0.2}")
    names = assign(make_table(g=said), *lines)
    assert count(names) == [60, 15, 25]
    assert all((name == "test") == (text == "test") for name, text in zip(names, said, strict=True))


REPEATED = make_table(60)[[*range(60), *range(40), *range(40)]]


def test_rows_that_are_equal_stay_together() -> None:
    names = assign(REPEATED, COLUMN, CLASSES)
    assert names[:40] == names[60:100] == names[100:]
    assert count(names[:60]) == [36, 12, 12]


def test_rows_that_are_equal_may_be_kept_apart() -> None:
    names = assign(REPEATED, COLUMN, CLASSES, "repeats: keep")
    assert count(names) == [84, 28, 28]
    assert names[:40] != names[60:100]


@pytest.mark.parametrize(
    "lines",
    [
        (COLUMN, CLASSES, "repeats: drop"),
        (TIME, CLASSES, "split: {kind: time, by: t}"),  # one after the end would be no new row
    ],
)
def test_all_but_the_first_of_equal_rows_may_be_left_out(lines: tuple[str, ...]) -> None:
    table = REPEATED.with_columns(t=date(2026, 1, 1) + pl.duration(days="a"))
    names = assign(table, *lines)
    assert count(names) == count(names[:60]) == [36, 12, 12]
    assert set(names[60:]) == {None}


def test_rows_that_differ_in_their_target_alone_are_not_equal() -> None:
    table = pl.concat([make_table(), make_table().with_columns(y=pl.lit("p"))])
    names = assign(table, COLUMN, CLASSES, "repeats: drop")
    assert names.count(None) == 80


def test_rows_without_a_target_may_be_left_out() -> None:
    table = make_table().with_columns(y=pl.when(pl.col("a") >= 3).then("y"))
    names = assign(table, COLUMN, "target: {column: y, kind: category, missing: drop}")
    assert names[:3] == [None] * 3
    assert None not in names[3:]


@pytest.mark.parametrize(
    ("n_rows", "split", "message"),
    [
        (100, "{test_fraction: 0.001}", "data.split.test_fraction, data.split.validation_fraction"),
        (10, "{kind: random}", "class q of column y has too few different rows (2): each split"),
        (2, "{kind: time, by: a}", "data.split: no row is left for the test split"),
        (10, "{kind: column, by: g}", "column g says dev, and should say train, validation, test"),
        (12, "{kind: column, by: g}", "data.split.by: column g is empty in 2 rows"),
        (12, "{kind: group, by: g}", "data.split.by: column g is empty in 2 rows"),
    ],
)
def test_a_split_that_is_not_possible(n_rows: int, split: str, message: str) -> None:
    said = ["train", "test", *["dev"] * 8, *[None] * (n_rows - 10)][:n_rows]
    with pytest.raises(UserError) as caught:
        assign(make_table(n_rows, g=said), COLUMN, CLASSES, f"split: {split}")
    assert message in str(caught.value)


def write(table: pl.DataFrame, *lines: str) -> str:
    """What splits.md says, without the spaces that align its columns."""
    data = describe("\n".join(lines))
    keys = read_keys(table.lazy(), data)
    used, left_out = select(keys, data)
    keys = keys.filter(pl.Series(used))
    return re.sub(" +", " ", describe_splits(keys, split(keys, data, 0), left_out, data, 0))


def test_the_classes_of_each_split_are_told() -> None:
    text = write(make_table()[[*range(100), 7, 8]], COLUMN, CLASSES, "repeats: drop")
    assert text.startswith("The random split of mine, number 0:")
    assert "\n\n| split | rows | class p | class q |\n" in text
    assert "| train | 60 | 48 | 12 |\n| validation | 20 | 16 | 4 |\n| test | 20 | 16 | 4 |" in text
    assert text.endswith("\n\nRows repeated that are left out: 2.\n")


def test_the_ends_of_each_split_by_time_are_told() -> None:
    times = [date(2026, 1, 1) + timedelta(days=row) for row in range(10)]
    text = write(make_table(10, t=times), TIME, CLASSES, "split: {kind: time, by: t}")
    assert text.startswith("The time split by t of mine, number 0:")
    assert "| class q | first | last |" in text
    assert "| test | 2 | 2 | 0 | 2026-01-09 | 2026-01-10 |" in text


def test_the_groups_of_each_split_are_told() -> None:
    table = make_table(g=[row // 10 for row in range(100)], y=np.arange(100.0).tolist())
    text = write(table, COLUMN, NUMBERS, "split: {kind: group, by: g}")
    assert "| split | rows | groups |" in text
    assert "| train | 60 | 6 |\n| validation | 20 | 2 |\n| test | 20 | 2 |\n" in text


def test_an_image_is_on_one_side_whatever_its_class() -> None:
    """Each of 50 images is there twice, once in each class."""
    rows = np.arange(100)
    images = [bytes([row // 2]) for row in rows]
    table = pl.DataFrame({"a": images, "g": rows.astype(str), "y": (rows % 2).astype(str)})
    names = assign(table, IMAGE, CLASSES)
    assert names[::2] == names[1::2]
    assert count(names) == [60, 20, 20]
    alone = assign(table, IMAGE, CLASSES, "repeats: keep")
    assert alone[::2] != alone[1::2]


def test_groups_that_share_an_image_are_on_one_side() -> None:
    """Ten groups of ten images; the last image of each even group is the first of the next one."""
    rows = np.arange(100)
    images = [bytes([row - (row % 20 == 10)]) for row in rows]
    table = pl.DataFrame({"a": images, "g": (rows // 10).astype(str), "y": rows.astype(float)})
    by = "split: {kind: group, by: g}"
    names = assign(table, IMAGE, NUMBERS, by)
    assert all(len(set(names[start : start + 20])) == 1 for start in range(0, 100, 20))
    assert count(names) == [60, 20, 20]
    alone = assign(table, IMAGE, NUMBERS, by, "repeats: keep")
    assert any(len(set(alone[start : start + 20])) == 2 for start in range(0, 100, 20))
    assert all(len(set(alone[start : start + 10])) == 1 for start in range(0, 100, 10))


GROUPS = [row // 5 for row in range(100)]
DAYS = [date(2026, 1, 1) + timedelta(days=row // 2) for row in range(100)]
KINDS = {
    "random": (COLUMN, CLASSES),
    "numbers": (COLUMN, NUMBERS),
    "group": (COLUMN, NUMBERS, "split: {kind: group, by: g}"),
    "column": (COLUMN, CLASSES, "split: {kind: column, by: s}"),
    "time": (TIME, CLASSES, "split: {kind: time, by: t}"),
}


@pytest.mark.parametrize("lines", KINDS.values(), ids=KINDS)
def test_rows_are_set_aside_by_the_rule_of_the_split(lines: tuple[str, ...]) -> None:
    """They come out of the training split; classes keep their share, groups and days stay whole."""
    said = ["train", "test", "validation", "train"] * 25
    table = make_table(g=GROUPS, s=said, t=DAYS)
    if NUMBERS in lines:
        table = table.with_columns(y="a")
    columns = lines[0].replace("}}", "}, s: {kind: ignored}}")
    before, after = (assign(table, columns, *lines[1:], aside=aside) for aside in (0, 0.2))
    pairs = set(zip(before, after, strict=True))
    assert pairs - {(name, name) for name in NAMES} == {("train", "calibration")}
    assert after.count("calibration") == pytest.approx(0.2 * before.count("train"), abs=3)
    taken = table.with_columns(part=pl.Series(after)).filter(pl.col("part").is_in(PARTS[::3]))
    if "by: g" in lines[-1]:
        assert taken.group_by("g").agg(pl.col("part").n_unique())["part"].max() == 1
    elif "by: t" in lines[-1]:
        assert taken.sort("t")["part"].is_sorted(descending=True)
        assert taken.group_by("t").agg(pl.col("part").n_unique())["part"].max() == 1
    elif CLASSES in lines:
        rare = taken.group_by("part").agg((pl.col("y") == "q").mean())["y"].to_list()
        assert rare[0] == pytest.approx(rare[1], abs=0.05)


def test_equal_rows_are_set_aside_together() -> None:
    names = assign(REPEATED, COLUMN, CLASSES, aside=0.25)
    assert names[:40] == names[60:100] == names[100:]
    assert names[:60].count("calibration") == 9


def test_rows_that_cannot_be_set_aside() -> None:
    with pytest.raises(UserError, match=r"calibration\.fraction: The test_size = 1 should be"):
        assign(make_table(), COLUMN, CLASSES, aside=0.01)
    days = [date(2026, 1, 1) + timedelta(days=max(0, row - 59)) for row in range(100)]
    with pytest.raises(UserError, match=r"calibration\.fraction: no row is left for calibration"):
        assign(make_table(t=days), *KINDS["time"], aside=0.2)


def test_rows_that_are_set_aside_are_counted() -> None:
    data = describe(f"{COLUMN}\n{CLASSES}")
    keys = read_keys(make_table().lazy(), data)
    places = set_aside(keys, split(keys, data, 0), data, 0.25, 0)
    text = re.sub(" +", " ", describe_splits(keys, places, {}, data, 0))
    assert "| train | 45 | 36 | 9 |\n" in text
    assert text.endswith("| test | 20 | 16 | 4 |\n| calibration | 15 | 12 | 3 |\n")
