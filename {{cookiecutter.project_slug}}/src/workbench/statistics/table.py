"""The table of metrics with their error bars."""

from collections.abc import Mapping, Sequence
from typing import Literal

from ..tables import format_table
from .comparison import Difference
from .interval import Summary
from .resampling import Scores

SOURCES: dict[str, Literal["std", "std_splits", "std_examples"]] = {
    "seeds": "std",
    "splits": "std_splits",
    "test rows": "std_examples",
}


def describe(
    metrics: Mapping[str, Summary], splits: Sequence[Scores], worse: Sequence[str] = ()
) -> str:
    """Lay out the metrics in Markdown, and say what the interval is for and what it covers.

    Args:
        metrics: For each its summary, with the value of a trivial model (`baseline`).
        splits: The scores of any of them, which say how many seeds and examples there are.
        worse: The metrics by which the trivial model is not beaten.
    """
    n_seeds, n_rows, n_units = len(splits[0].values), splits[0].n_rows, splits[0].n_units
    tested = f"{n_rows} test rows"
    if n_units < n_rows:
        tested += f" in {n_units} groups or blocks"
    runs = [f"{n_seeds} seeds", *([f"{len(splits)} splits"] if len(splits) > 1 else []), tested]
    trained = "training sets of this size" if len(splits) > 1 else "this training set"
    known = {
        source: [summary[key] is not None for summary in metrics.values()]
        for source, key in SOURCES.items()
    }
    covered = [source for source in known if all(known[source])]
    shown = [source for source in known if any(known[source])]
    unknown = [source for source in known if source not in shown]
    missing = f" Not measured: {_join(unknown)}." if unknown else ""
    # Short names, since a terminal may have 80 columns
    head = ("metric", "mean", *(source.split()[-1] for source in shown), "95 % interval", "trivial")
    rows = [
        (
            name,
            show(summary["mean"]),
            *(show(summary[SOURCES[source]]) for source in shown),
            show_interval(summary),
            show(summary["baseline"]),
        )
        for name, summary in metrics.items()
    ]
    lines = [
        f"Estimated: the performance of models trained on {trained}.",
        f"Over {_join(runs)}, with the standard deviation over each.",
        f"The 95 % interval covers {_join(covered) or 'nothing'}.{missing}",
        "",
    ]
    lines.append(format_table(head, rows))
    if worse:
        lines += [
            "",
            "Warning: no better than the trivial model, which knows no features, by "
            f"{', '.join(worse)}.",
        ]
    return "\n".join(lines)


def _join(names: Sequence[str]) -> str:
    """A list in words: `seeds, splits and test rows`."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def show(value: float | None) -> str:
    """A number with four decimals, or that it was not measured."""
    return "not measured" if value is None else f"{value:z.4f}"


def show_interval(summary: Summary | Difference) -> str:
    """Both ends of the interval."""
    if summary["ci_low"] is None:
        return "not measured"
    return f"{show(summary['ci_low'])} … {show(summary['ci_high'])}"
