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
    "test examples": "std_examples",
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
    tested = f"{n_rows} test examples"
    if n_units < n_rows:
        tested += f" in {n_units} groups or blocks"
    runs = f"{len(splits)} splits, {n_seeds} seeds" if len(splits) > 1 else f"{n_seeds} seeds"
    trained = "training sets of this size" if len(splits) > 1 else "this training set"
    varied = {
        source: all(summary[key] is not None for summary in metrics.values())
        for source, key in SOURCES.items()
    }
    sources = [source for source in varied if varied[source]] or ["nothing"]
    covered = " and ".join(filter(None, [", ".join(sources[:-1]), sources[-1]]))
    head = (
        f"over {runs}, {tested}",
        "mean",
        *(f"std over {source}" for source in SOURCES),
        f"95 % interval (covers {covered})",
        "trivial model",
    )
    rows = [
        (
            name,
            show(summary["mean"]),
            *(show(summary[key]) for key in SOURCES.values()),
            show_interval(summary),
            show(summary["baseline"]),
        )
        for name, summary in metrics.items()
    ]
    lines = [f"Estimated: the mean performance of models trained on {trained}.", ""]
    lines.append(format_table(head, rows))
    if worse:
        lines += [
            "",
            "Warning: no better than the trivial model, which knows no features, by "
            f"{', '.join(worse)}.",
        ]
    return "\n".join(lines)


def show(value: float | None) -> str:
    """A number with four decimals, or that it was not measured."""
    return "not measured" if value is None else f"{value:z.4f}"


def show_interval(summary: Summary | Difference) -> str:
    """Both ends of the interval."""
    if summary["ci_low"] is None:
        return "not measured"
    return f"{show(summary['ci_low'])} … {show(summary['ci_high'])}"
