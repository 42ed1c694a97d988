"""Train one model with one seed."""

import json
import logging
from pathlib import Path
from typing import Any

import hydra
import onnx
import polars as pl
from omegaconf import DictConfig

from workbench.errors import UserError
from workbench.files import write_text
from workbench.onnx.file import write_onnx
from workbench.onnx.merge import add_head
from workbench.project import run_as_module

if not __package__:  # started by its path
    run_as_module(__file__)

from ..app import CONFIG_DIR, run, run_job
from ..config import Config
from ..features.examples import Examples, Preprocessing, read_examples
from .calibrate import Fitted, calibrate, read_part
from .interface import Diverged

log = logging.getLogger(__name__)


def train_model(config: Config) -> dict[str, float]:
    """Write `model.onnx`, `metrics.json` and `learning_curve.csv` to the output directory.

    Returns:
        The last row of the learning curve, as in `metrics.json`.

    Raises:
        UserError: The splits are not there, the model does not suit them, the training diverged, or
            it cannot be calibrated.
    """
    processed = config.paths.find_split(config.split)
    preprocessing = Preprocessing(processed)
    problem = preprocessing.problem
    part = read_part(config.calibration, problem, processed)
    train, validation = _read_examples(processed)
    learning_curve = config.model.fit(train, validation, config.seed, config.threads)
    check_learning_curve(learning_curve)
    metrics: dict[str, float] = learning_curve.drop("step").row(-1, named=True)
    graph, fitted = config.model.to_onnx(), None
    if part:
        fitted = calibrate(graph, part, problem, config.calibration, config.threads)
        run = config.split, config.seed
        log.info("split %d, seed %d: %s %.4f", *run, fitted.method, fitted.value)
    write_model(graph, preprocessing, config.paths.output / "model.onnx", fitted)
    write_text(config.paths.output / "learning_curve.csv", learning_curve.write_csv())
    write_text(config.paths.output / "metrics.json", json.dumps(metrics, indent=2) + "\n")
    loss = metrics["validation_loss"]
    log.info("split %d, seed %d: validation loss %.4f", config.split, config.seed, loss)
    return metrics


def require_data(name: str, processed: Path) -> None:
    """Raise a UserError if the splits come from another data set than the configuration names."""
    if (found := Preprocessing(processed).facts["data"]) != name:
        raise UserError(
            f"{processed} holds {found}, and not {name}: run `make data` with `data: {name}` in "
            "configs/config.yaml first."
        )


def write_model(
    model: onnx.ModelProto, preprocessing: Preprocessing, path: Path, fitted: Fitted | None
) -> None:
    """Write one file that takes raw columns: the preprocessing, the fitted model and its head."""
    head, facts = preprocessing.problem.head, preprocessing.facts
    if fitted:
        head = fitted.make_head(preprocessing.problem)
        facts = facts | {"calibration": fitted.to_facts()}
    # The API compares its requests with what the model has seen.
    write_onnx(add_head(onnx.load(preprocessing.path), model, head), path, facts)


def check_learning_curve(curve: pl.DataFrame) -> None:
    """Check that there is a step, and that each step has finite numbers.

    Raises:
        UserError: There is no step, or a number that is not finite.
    """
    if curve.is_empty():
        raise UserError("The training took no step: give the model more steps or epochs.")
    finite = pl.all_horizontal(pl.all().is_finite())
    if (broken := curve.filter(~finite)).height:
        raise Diverged(broken["step"][0])


# exercise 3
def _read_examples(directory: Path) -> tuple[Examples, Examples]:
    """Read the training and the validation split."""
    return read_examples(directory, "train"), read_examples(directory, "validation")
    #| train, validation = read_examples(directory, "train"), read_examples(directory, "validation")
    #| places = {row.tobytes(): place for place, row in enumerate(train.features)}
    #| rows = [places[row] for row in {*places}]  # what repeats is learnt from once
    #| pixels = None if train.pixels is None else train.pixels[rows]
    #| return (
    #|     Examples(train.columns[rows], train.targets[rows], train.names, train.n_classes, pixels),
    #|     validation,
    #| )


# end of exercise 3


@hydra.main(version_base="1.3", config_path=CONFIG_DIR, config_name="config")
def main(cfg: DictConfig) -> Any:
    """Run from the command line; a sweeper minimises what this returns."""

    def train(config: Config) -> float:
        require_data(cfg.data.name, config.paths.find_split(config.split))
        return train_model(config)["validation_loss"]

    return run_job(train, cfg)


if __name__ == "__main__":
    run(main)
