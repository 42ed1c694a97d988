"""The function `read_keys`, which need not compare each row with each other one."""

from functools import partial
from pathlib import Path

from support import PACKAGE, changing, replace

FILE = f"src/{PACKAGE}/features/build_features.py"
BODY = r"    target = data\.target\.column\n    keys = table\.select\([\s\S]*?return keys\.drop\(\"hash\"\)\n"
LOOP = """    target = data.target.column
    names = dict.fromkeys([target, *data.split.columns])
    rows = table.select(*dict.fromkeys([*data.content, *names])).collect()
    keys, rows = rows.select(*names), rows.select(data.content)
    first = [*range(rows.height)]
    if data.repeats != "keep":
        FIND
    return keys.with_columns(first=pl.Series(first, dtype=pl.UInt32))
"""
IN_A_DICTIONARY = """seen: dict[Any, int] = {}
        first = [seen.setdefault(row, place) for place, row in enumerate(rows.rows())]"""
IN_A_LIST = """every = rows.rows()
        first = [every.index(row) for row in every]"""
ONE_BY_ONE = """first = [
            next(i for i in range(place + 1) if rows.row(i) == rows.row(place))
            for place in range(rows.height)
        ]"""
CACHED = """found: dict[str, list[int]] = cache
        if str(rows) not in found:
            every = rows.rows()
            found[str(rows)] = [every.index(row) for row in every]
        first = found[str(rows)]"""


def loop(text: str):
    """A loop over the rows instead."""
    return lambda project: replace(project / FILE, BODY, LOOP.replace("FIND", text))


def cached(project: Path) -> None:
    """The second time, it is fast."""
    loop(CACHED)(project)
    replace(project / FILE, r"log = logging", "cache: dict[str, list[int]] = {}\nlog = logging")


def group(columns: str) -> str:
    """The first row of each group, by Polars."""
    return f"""place = pl.col("place").first().over({columns})
        first = rows.with_row_index("place").select(place).to_series().to_list()"""


change = partial(changing, FILE)
RIGHT = {"dictionary": loop(IN_A_DICTIONARY), "groups": loop(group("rows.columns"))}
WRONG = {
    "list": (loop(IN_A_LIST), "it does too much for each row"),
    "one by one": (loop(ONE_BY_ONE), "it does too much for each row"),
    "cache": (cached, "it does too much for each row"),
    "no search": (loop("pass"), "is not the first equal row, with `repeats: together`"),
    "always a search": (
        change(r"data\.repeats != \"keep\" and", "True and"),
        "is not the first equal row, with `repeats: keep`",
    ),
    "neighbours": (
        loop(
            "for i in range(1, rows.height):\n            if rows.row(i) == rows.row(i - 1):\n"
            "                first[i] = first[i - 1]"
        ),
        "is not the first equal row",
    ),
    "without the target": (loop(group("data.used")), "is not the first equal row"),
    "all columns of an image": (
        changing(FILE, r"pl\.struct\(data\.content\)", "pl.struct(*data.used, target)"),
        "for the columns of digits",
    ),
    "joined as text": (
        loop(group("pl.concat_str(pl.all().cast(pl.String), ignore_nulls=True)")),
        "is not the first equal row",
    ),
    "row by row, by NumPy": (
        loop(
            "matrix = np.column_stack([column.rank('dense').fill_null(0) for column in rows])\n"
            "        first = [int((matrix == row).all(axis=1).argmax()) for row in matrix]"
        ),
        "it does too much for each row",
    ),
    "some columns": (loop(group("data.used[:3]")), "is not the first equal row"),
    "the last one": (loop(group("rows.columns").replace("first()", "last()")), "is not the first equal row"),
    "sorted": (
        change(r"return keys\.drop\(\"hash\"\)", 'return keys.drop("hash").sort(target)'),
        "in their order",
    ),
    "unique": (
        change(
            r"return keys\.drop\(\"hash\"\)", 'return keys.unique("hash", maintain_order=True).drop("hash")'
        ),
        "does not return the rows in their order",
    ),
    "hash": (change(r"return keys\.drop\(\"hash\"\)", "return keys"), "returns the columns"),
}
