"""Draw the figures of the report."""

import json
import logging
from pathlib import Path

import hydra
import polars as pl
from omegaconf import DictConfig

from workbench.errors import UserError
from workbench.files import replacing
from workbench.project import run_as_module

if not __package__:  # started by its path
    run_as_module(__file__)

from ..app import CONFIG_DIR, run, run_job
from ..config import Config
from ..features.examples import scan_split
from ..models.metrics import find_metrics
from ..models.outcome import to_outcome
from ..models.predictor import Predictor
from .evaluation import draw_classification, draw_regression
from .importance import MAX_ROWS, draw_importance, measure_importance
from .learning_curves import draw_learning_curves
from .variation import draw_variation

log = logging.getLogger(__name__)


def visualize(config: Config) -> list[Path]:
    """Write `evaluation.png`, `importance.png`, `learning_curves.png` and `variation.png`.

    They go to the output directory.

    Returns:
        The files' paths.

    Raises:
        UserError: The predictions, a model or a learning curve are not there.
    """
    table, summaries = (config.paths.reports / n for n in ("predictions.parquet", "metrics.json"))
    runs = [(split, seed) for split in config.splits for seed in config.seeds]
    folders = [config.paths.find_model(split, seed) for split, seed in runs]
    for path in (table, summaries, *(folder / "learning_curve.csv" for folder in folders)):
        if not path.is_file():
            raise UserError(f"{path} is not there: run `make train`")
    models = [Predictor(folder / "model.onnx", config.threads) for folder in folders]
    problem = models[0].problem
    predictions = pl.read_parquet(table, glob=False)
    outcome = to_outcome(predictions, problem)
    n_models = predictions.height / predictions["row"].n_unique()  # that have predicted a row
    evaluation = (
        draw_classification(outcome, problem, n_models)
        if problem.classes
        else draw_regression(outcome, problem)
    )
    names = getattr(config.metrics, problem.task)
    name, metric = next(iter(find_metrics(names, problem.task).items()))
    tests = {
        split: scan_split(config.paths.find_split(split), "test").head(MAX_ROWS).collect()
        for split in config.splits
    }
    importance = measure_importance(models, [tests[split] for split, _ in runs], metric)
    curves = pl.concat(pl.read_csv(folder / "learning_curve.csv", glob=False) for folder in folders)
    metrics = json.loads(summaries.read_text(encoding="utf-8"))
    figures = {
        "evaluation.png": evaluation,
        "importance.png": draw_importance(importance, name),
        "learning_curves.png": draw_learning_curves(curves),
        "variation.png": draw_variation(metrics, len(config.seeds)),
    }
    for file, figure in figures.items():
        with replacing(config.paths.output / file) as part:
            figure.savefig(part, dpi=100, format="png")
        log.info("%s", config.paths.output / file)
    return [config.paths.output / file for file in figures]


@hydra.main(version_base="1.3", config_path=CONFIG_DIR, config_name="config")
def main(cfg: DictConfig) -> None:
    """Run from the command line."""
    run_job(visualize, cfg)


if __name__ == "__main__":
    run(main)
