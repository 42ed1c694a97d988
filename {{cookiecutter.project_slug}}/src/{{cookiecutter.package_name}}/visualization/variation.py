"""How much each metric varies, and how wide this makes its interval."""

import math
from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from workbench.statistics.interval import Error, Summary
from workbench.statistics.table import SOURCES


def draw_variation(metrics: Mapping[str, Summary], n_seeds: int) -> Figure:
    """The standard deviation over each source, and the interval beside that of the seeds alone."""
    figure = Figure(figsize=(9, 1 + 1.3 * len(metrics)), layout="constrained")
    rows = figure.subplots(len(metrics), 2, squeeze=False)
    for (left, right), (name, summary) in zip(rows, metrics.items(), strict=True):
        draw_sources(left, summary)
        draw_intervals(right, summary, n_seeds)
        left.set_ylabel(name)
    rows[0, 0].set_title("Standard deviation over …")
    rows[0, 1].set_title("Mean and 95 % interval from …")
    return figure


def draw_sources(axes: Axes, summary: Summary) -> None:
    """A bar for each source that was varied."""
    stds = {source: summary[key] for source, key in SOURCES.items()}
    axes.barh(list(stds), [std or 0 for std in stds.values()], color="tab:blue")
    for place, std in enumerate(stds.values()):
        if std is None:
            axes.text(0, place, " not measured", va="center", size="small")
    axes.invert_yaxis()


def draw_intervals(axes: Axes, summary: Summary, n_seeds: int) -> None:
    """The interval that is reported, and the one that ignores the test examples."""
    mean, std = summary["mean"], summary["std"]
    intervals: dict[str, list[float]] = {"all sources": [], "seeds alone": []}
    if summary["ci_low"] is not None and summary["ci_high"] is not None:
        intervals["all sources"] = [summary["ci_low"], summary["ci_high"]]
    if std is not None:
        error = Error(std**2 / n_seeds, n_seeds - 1)
        reach = error.find_quantile() * math.sqrt(error.variance)
        intervals["seeds alone"] = [mean - reach, mean + reach]
    for place, ends in enumerate(intervals.values()):
        axes.plot(ends, [place] * len(ends), marker="|")
        axes.plot([mean], [place], marker=".", color="black")
    axes.set_yticks(range(len(intervals)), list(intervals))
    axes.set_ylim(1.5, -0.5)
