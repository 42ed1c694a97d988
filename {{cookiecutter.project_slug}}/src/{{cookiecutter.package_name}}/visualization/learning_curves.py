"""Learning curves of the training."""

import polars as pl
from matplotlib.figure import Figure


def draw_learning_curves(curves: pl.DataFrame) -> Figure:
    """Loss and metric by step: mean over splits and seeds, and a band of one deviation."""
    by_step = curves.group_by("step", maintain_order=True)
    mean, std = (
        table.sort("step")
        for table in (by_step.agg(pl.all().mean()), by_step.agg(pl.all().std().fill_null(0)))
    )
    measures = [name.removeprefix("train_") for name in curves.columns if "train_" in name]
    marker = "." if mean.height == 1 else ""  # one point makes no line
    figure = Figure(figsize=(9, 4), layout="constrained")
    for axes, measure in zip(figure.subplots(1, len(measures)), measures, strict=True):
        for name in ("train", "validation"):
            middle, spread = mean[f"{name}_{measure}"], std[f"{name}_{measure}"]
            axes.plot(mean["step"], middle, label=name, marker=marker)
            axes.fill_between(mean["step"], middle - spread, middle + spread, alpha=0.3)
        axes.set(xlabel="step", ylabel=measure)
    axes.legend(title="mean ± std over models")
    return figure
