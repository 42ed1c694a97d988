"""Draw the confusion matrix, and the learning curves of the seeds of the command line."""

import sys
from pathlib import Path

import numpy as np
import polars as pl
from matplotlib.figure import Figure
from sklearn.metrics import confusion_matrix

directory = Path("reports/figures")
directory.mkdir(parents=True, exist_ok=True)

predictions = pl.read_parquet("reports/predictions.parquet")
shares = 100 * confusion_matrix(predictions["label"], predictions["predicted"], normalize="true")
figure = Figure(figsize=(6, 5), layout="constrained")
axes = figure.add_subplot(title="Test split, all seeds", xlabel="predicted class", ylabel="true class")
axes.set(xticks=range(len(shares)), yticks=range(len(shares)))
figure.colorbar(axes.imshow(shares, cmap="Blues", vmin=0, vmax=100), label="% of true class")
for (row, column), share in np.ndenumerate(shares):
    if share:
        color = "white" if share > 50 else "black"
        axes.text(column, row, f"{share:.1f}", ha="center", va="center", color=color, size=8)
figure.savefig(directory / "confusion_matrix.png", dpi=150)

curves = pl.concat(pl.read_csv(f"models/seed_{seed}/learning_curve.csv") for seed in sys.argv[1:])
by_step = curves.group_by("step", maintain_order=True)
mean = by_step.agg(pl.all().mean()).sort("step")
std = by_step.agg(pl.all().std().fill_null(0)).sort("step")
figure = Figure(figsize=(9, 4), layout="constrained")
for axes, metric in zip(figure.subplots(1, 2), ("loss", "accuracy"), strict=True):
    for name in ("train", "validation"):
        middle, spread = mean[f"{name}_{metric}"], std[f"{name}_{metric}"]
        axes.plot(mean["step"], middle, label=name)
        axes.fill_between(mean["step"], middle - spread, middle + spread, alpha=0.3)
    axes.set(xlabel="step", ylabel=metric)
axes.legend(title="mean ± std over seeds")
figure.savefig(directory / "learning_curves.png", dpi=150)
print(f"{directory}: 2 figures")
