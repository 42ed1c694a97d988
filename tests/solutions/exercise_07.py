"""The function `add_seeds`."""

from functools import partial
from pathlib import Path

from support import changing, replace

INTERVAL = "src/workbench/statistics/interval.py"
SOLUTION = r"    seeds = Error\(statistics[\s\S]*?    return Error\(total, total\*\*2 / parts\)\n"


def by_numpy(project: Path) -> None:
    """With NumPy, and the shares of both sources."""
    body = """
    if len(values) < 2:
        raise statistics.StatisticsError("two values at least")
    variances = np.array([np.var(values, ddof=1) / len(values), examples.variance])
    if not variances.any():
        return examples
    shares = variances / variances.sum()
    freedom = 1 / (shares**2 @ (1 / np.array([len(values) - 1, examples.freedom])))
    return Error(float(variances.sum()), float(freedom))
"""
    replace(project / INTERVAL, SOLUTION, body.removeprefix("\n"))


change = partial(changing, INTERVAL)


RIGHT = {"NumPy": by_numpy}
WRONG = {
    "population": (
        change(r"seeds = Error\(statistics.variance", "seeds = Error(statistics.pvariance"),
        "n - 1",
    ),
    "variance of one seed": (
        change(r"variance\(values\) / len\(values\)", "variance(values)"),
        "`variance` is",
    ),
    "no examples": (change(r"seeds\.variance \+ examples\.variance", "seeds.variance"), "`variance` is"),
    "no seeds": (change(r"seeds\.variance \+ examples\.variance", "examples.variance"), "`variance` is"),
    "the larger one": (
        change(r"seeds\.variance \+ examples\.variance", "max(seeds.variance, examples.variance)"),
        "`variance` is",
    ),
    "rounded": (change(r"Error\(total, total", "Error(round(total, 6), total"), "`variance` is"),
    "freedom of the seeds": (change(r"total\*\*2 / parts", "len(values) - 1"), "`freedom` is"),
    "freedom of the examples": (change(r"total\*\*2 / parts", "examples.freedom"), "`freedom` is"),
    "normal distribution": (change(r"total\*\*2 / parts", "math.inf"), "`freedom` is"),
    "n degrees of freedom": (change(r"len\(values\) - 1\)", "len(values))"), "`freedom` is"),
    "equal values": (change(r"        return examples\n", "        return seeds\n"), "Of equal values"),
    "one value": (
        change("    seeds = Error", "    if len(values) == 1:\n        return examples\n    seeds = Error"),
        "One value has no spread",
    ),
}
