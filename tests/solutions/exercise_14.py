"""A monitor of the inputs."""

from functools import partial
from pathlib import Path

from support import changing

FILE = "monitoring/drift.py"
TEXT = '''"""Which columns are no longer distributed as they were."""

import polars as pl
from scipy.stats import chi2_contingency, ks_2samp

LEVEL = 0.01  # of all columns together


def find_drift(reference: pl.DataFrame, current: pl.DataFrame) -> list[str]:
    """The columns whose values differ by more than chance explains."""
    limit = LEVEL / len(reference.columns)
    return [name for name in reference.columns if test(reference[name], current[name]) < limit]


def test(before: pl.Series, now: pl.Series) -> float:
    """The p-value of two samples."""
    before, now = before.drop_nulls(), now.drop_nulls()
    if before.dtype.is_numeric():
        return float(ks_2samp(before.to_numpy(), now.to_numpy()).pvalue)
    counts = before.value_counts(name="before").join(
        now.value_counts(name="now"), on=before.name, how="full"
    )
    table = counts.select(pl.col("before", "now").fill_null(0)).to_numpy()
    return float(chi2_contingency(table).pvalue) if len(table) > 1 else 1.0
'''
OTHERWISE = '''"""By permutation: how often is chance further from the whole than this?"""

import numpy as np
from scipy.stats import anderson_ksamp, chi2_contingency


def find_drift(reference, current):
    """The same, by other tests."""
    found = []
    for name in reference.columns:
        pair = [table[name].drop_nulls().to_numpy() for table in (reference, current)]
        if pair[0].dtype.kind in "fi":
            values = np.unique(np.concatenate(pair))
            ranks = [np.searchsorted(np.sort(part), values, side="right") / len(part) for part in pair]
            distance = np.abs(ranks[0] - ranks[1]).max()
            n, m = map(len, pair)
            p = 2 * np.exp(-2 * distance**2 * n * m / (n + m))
        else:
            values = sorted({*pair[0], *pair[1]})
            counts = [[(part == value).sum() for value in values] for part in pair]
            p = chi2_contingency(counts).pvalue if len(values) > 1 else 1
        if p * len(reference.columns) < 0.005:
            found.append(name)
    return found
'''


def solve(project: Path) -> None:
    """Write the function."""
    write(TEXT)(project)


def write(text: str):
    """Another version of it."""

    def edit(project: Path) -> None:
        (project / FILE).parent.mkdir(exist_ok=True)
        (project / FILE).write_text(text, encoding="utf-8")

    return edit


def returning(expression: str):
    """A version without any test."""
    head = "import polars as pl\n\n\ndef find_drift(reference, current):\n"
    return write(f"{head}    return {expression}\n")


change = partial(changing, FILE)
MEANS = "ttest_ind(before.to_numpy(), now.to_numpy())"
NAMED = "does not name"
RIGHT = {"otherwise": write(OTHERWISE.replace("anderson_ksamp, ", ""))}
WRONG = {
    "nothing": (returning("[]"), f"{NAMED} number_0"),
    "everything": (returning("list(reference.columns)"), "columns, and one has changed: number_0"),
    "the first one": (returning("[reference.columns[0]]"), f"{NAMED} number_3"),
    "not equal": (
        returning("[n for n in reference.columns if not reference[n].equals(current[n])]"),
        "columns, and one has changed",
    ),
    "means": (
        lambda project: [
            change(r"ks_2samp\(.*?\)\)?\.pvalue", f"{MEANS}.pvalue")(project),
            change("ks_2samp", "ttest_ind")(project),
        ],
        f"{NAMED} number_",
    ),
    "no correction": (change(r" / len\(reference\.columns\)", " * 5"), "raise an alarm"),
    "by its name": (
        returning('[n for n in ("number_0", "number_3", "word") if not reference[n].equals(current[n])]'),
        f"{NAMED} number_2",
    ),
    "deviations": (
        change(r"ks_2samp\(.*?\)\)?\.pvalue", "float(abs(before.std() - now.std()) < 0.5 * before.std())"),
        f"{NAMED} number_",
    ),
    "highest value": (
        change(r"ks_2samp\(.*?\)\)?\.pvalue", "float(before.max() >= now.max())"),
        "columns, and one has changed",
    ),
    "a fixed distance": (
        change(
            r"ks_2samp\(.*?\)\)?\.pvalue",
            "float(ks_2samp(before.to_numpy(), now.to_numpy()).statistic < 0.2)",
        ),
        "raise an alarm",
    ),
    "strict": (change("LEVEL = 0.01 ", "LEVEL = 1e-200 "), f"{NAMED} number_0"),
    "numbers only": (change(r"float\(chi2_contingency.*", "1.0"), f"{NAMED} word"),
    "known words only": (change('how="full"', 'how="inner"'), f"{NAMED} word"),
    "with gaps": (
        change(r"before, now = before\.drop_nulls\(\), now\.drop_nulls\(\)", "pass"),
        f"{NAMED} number_1",
    ),
    "a set": (change(r"return \[(name for.*)\]", r"return {\1}"), "returns set, and not a list"),
    "no function": (write("LEVEL = 0.01\n"), "has no function `find_drift`"),
}
