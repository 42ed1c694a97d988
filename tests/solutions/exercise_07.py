"""The function `summarize`."""

from functools import partial
from pathlib import Path

from support import PACKAGE, changing, replace

METRICS = f"src/{PACKAGE}/models/metrics.py"
SOLUTION = r"    mean, std = [\s\S]*?\"ci_high\": mean \+ half\}\n"


def by_numpy(project: Path) -> None:
    """With NumPy, and scipy's interval."""
    body = """
    if len(values) < 2:
        raise statistics.StatisticsError("two values at least")
    mean, std = float(np.mean(values)), float(np.std(values, ddof=1))
    low, high = t.interval(confidence, len(values) - 1, loc=mean, scale=std / np.sqrt(len(values)))
    return {"mean": mean, "std": std, "ci_low": float(low), "ci_high": float(high)}
"""
    replace(project / METRICS, SOLUTION, body.removeprefix("\n"))


change = partial(changing, METRICS)


RIGHT = {"NumPy": by_numpy}
WRONG = {
    "population": (change("statistics.stdev", "statistics.pstdev"), "divide by n - 1"),
    "normal distribution": (change(r"float\(t\.ppf.*?\)\)", "1.959964"), "`ci_low` is"),
    "hard-coded quantile": (change(r"float\(t\.ppf.*?\)\)", "2.7764451052"), "Of 2 values, `ci_low` is"),
    "no square root": (change(r" / len\(values\) \*\* 0\.5", ""), "`ci_low` is"),
    "standard error": (change(r"\"std\": std", '"std": std / len(values) ** 0.5'), "`std` is"),
    "one-sided": (change(r"\(1 \+ confidence\) / 2", "confidence"), "`ci_low` is"),
    "always 95 %": (change(r"\(1 \+ confidence\) / 2", "0.975"), "`ci_low` is"),
    "n degrees of freedom": (change(r"len\(values\) - 1\)\)", "len(values)))"), "`ci_low` is"),
    "rounded": (change(r"\"std\": std", '"std": round(std, 4)'), "`std` is"),
    "smallest and largest": (change("mean - half", "min(values)"), "`ci_low` is"),
    "exchanged": (
        change('mean - half, "ci_high": mean \\+ half', 'mean + half, "ci_high": mean - half'),
        "`ci_low` is",
    ),
    "half of it": (change(r", \"ci_high\": mean \+ half", ""), "returns no `ci_high`"),
    "one value": (
        change("    mean, std = ", "    if len(values) == 1:\n        return {}\n    mean, std = "),
        "One value has no error bar",
    ),
}
