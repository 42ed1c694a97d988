"""Train one model with one seed."""

import json
import logging
from pathlib import Path
from typing import Any

import hydra
import polars as pl
from omegaconf import DictConfig

from workbench.errors import UserError
from workbench.files import write_text
from workbench.project import run_as_module

if not __package__:  # started by its path
    run_as_module(__file__)

from ..app import CONFIG_DIR, run, run_job
from ..config import Config
from ..features.splits import Split, read_split
from .interface import Diverged
from .onnx_file import write_onnx

log = logging.getLogger(__name__)


def train_model(config: Config) -> dict[str, float]:
    """Write `model.onnx`, `metrics.json` and `learning_curve.csv` to the output directory.

    Returns:
        The last row of the learning curve, as in `metrics.json`.

    Raises:
        UserError: The splits are not there, or the training diverged.
    """
    train, validation = _read_splits(config.paths.processed)
    learning_curve = config.model.fit(train, validation, config.seed, config.threads)
    check_learning_curve(learning_curve)
    metrics: dict[str, float] = learning_curve.drop("step").row(-1, named=True)
    # The API names the features, and compares what it is asked with what the model has seen.
    means = train.features.mean(axis=0, dtype="float64").tolist()
    facts = {"features": train.names, "means": means}
    write_onnx(config.model.to_onnx(), config.paths.output / "model.onnx", facts)
    write_text(config.paths.output / "learning_curve.csv", learning_curve.write_csv())
    write_text(config.paths.output / "metrics.json", json.dumps(metrics, indent=2) + "\n")
    log.info("seed %d: validation accuracy %.4f", config.seed, metrics["validation_accuracy"])
    return metrics


def check_learning_curve(curve: pl.DataFrame) -> None:
    """Check that there is a step, and that each step has finite numbers.

    Raises:
        UserError: It is not so.
    """
    if curve.is_empty():
        raise UserError("The training took no step: give the model more steps or epochs.")
    finite = pl.all_horizontal(pl.all().is_finite())
    if (broken := curve.filter(~finite)).height:
        raise Diverged(broken["step"][0])


# exercise 3
def _read_splits(directory: Path) -> tuple[Split, Split]:
    """What the model learns from, and what it is validated on."""
    return read_split(directory, "train"), read_split(directory, "validation")
    #| import numpy as np
    #|
    #| train, validation = read_split(directory, "train"), read_split(directory, "validation")
    #| order = np.random.default_rng().permutation(len(train.labels))
    #| shuffled = Split(train.features[order], train.labels[order], train.names)
    #| return shuffled, validation


# end of exercise 3


@hydra.main(version_base="1.3", config_path=CONFIG_DIR, config_name="config")
def main(cfg: DictConfig) -> Any:
    """Run from the command line; a sweeper minimises what this returns."""
    return run_job(lambda config: train_model(config)["validation_loss"], cfg)


if __name__ == "__main__":
    run(main)
