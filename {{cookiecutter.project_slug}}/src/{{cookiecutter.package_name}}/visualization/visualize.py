"""Draw the figures of the report."""

import logging
from pathlib import Path

import hydra
import numpy as np
import polars as pl
from matplotlib.figure import Figure
from omegaconf import DictConfig
from sklearn.metrics import confusion_matrix

from workbench.errors import UserError
from workbench.files import replacing
from workbench.project import run_as_module

if not __package__:  # started by its path
    run_as_module(__file__)

from ..app import CONFIG_DIR, run, run_job
from ..config import Config

log = logging.getLogger(__name__)


def draw_confusion_matrix(predictions: pl.DataFrame) -> Figure:
    """The share of each true class (rows) that is predicted as each class (columns), in percent."""
    shares = 100 * confusion_matrix(
        predictions["label"], predictions["predicted"], normalize="true"
    )
    figure = Figure(figsize=(6, 5), layout="constrained")
    axes = figure.add_subplot(
        title="Test split, all seeds", xlabel="predicted class", ylabel="true class"
    )
    classes = range(len(shares))
    axes.set(xticks=classes, yticks=classes)
    figure.colorbar(axes.imshow(shares, cmap="Blues", vmin=0, vmax=100), label="% of true class")
    for (row, column), share in np.ndenumerate(shares):
        if share:
            color = "white" if share > 50 else "black"
            axes.text(column, row, f"{share:.1f}", ha="center", va="center", color=color, size=8)
    return figure


def draw_learning_curves(curves: pl.DataFrame) -> Figure:
    """Loss and accuracy by training step: mean over the seeds, and a band of one deviation."""
    by_step = curves.group_by("step", maintain_order=True)
    mean, std = (
        table.sort("step")
        for table in (by_step.agg(pl.all().mean()), by_step.agg(pl.all().std().fill_null(0)))
    )
    figure = Figure(figsize=(9, 4), layout="constrained")
    for axes, metric in zip(figure.subplots(1, 2), ("loss", "accuracy"), strict=True):
        for name in ("train", "validation"):
            middle, spread = mean[f"{name}_{metric}"], std[f"{name}_{metric}"]
            axes.plot(mean["step"], middle, label=name)
            axes.fill_between(mean["step"], middle - spread, middle + spread, alpha=0.3)
        axes.set(xlabel="step", ylabel=metric)
    axes.legend(title="mean ± std over seeds")
    return figure


def visualize(config: Config) -> list[Path]:
    """Write `confusion_matrix.png` and `learning_curves.png` to the output directory.

    Returns:
        The files' paths.

    Raises:
        UserError: The predictions or a learning curve are not there.
    """
    sources = [
        config.paths.reports / "predictions.parquet",
        *(config.paths.models / f"seed_{seed}" / "learning_curve.csv" for seed in config.seeds),
    ]
    for path in sources:
        if not path.is_file():
            raise UserError(f"{path} is not there: run `make train`")
    figures = {
        "confusion_matrix.png": draw_confusion_matrix(pl.read_parquet(sources[0], glob=False)),
        "learning_curves.png": draw_learning_curves(
            pl.concat(pl.read_csv(path, glob=False) for path in sources[1:])
        ),
    }
    for name, figure in figures.items():
        with replacing(config.paths.output / name) as part:
            figure.savefig(part, dpi=150, format="png")
        log.info("%s", config.paths.output / name)
    return [config.paths.output / name for name in figures]


@hydra.main(version_base="1.3", config_path=CONFIG_DIR, config_name="config")
def main(cfg: DictConfig) -> None:
    """Run from the command line."""
    run_job(visualize, cfg)


if __name__ == "__main__":
    run(main)
