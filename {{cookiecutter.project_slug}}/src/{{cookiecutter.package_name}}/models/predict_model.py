"""Evaluate every model on the test rows of its split: metrics with error bars, and predictions."""

import json
import logging
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import hydra
import numpy as np
import polars as pl
from omegaconf import DictConfig

from workbench.data.column import Column
from workbench.data.faults import ROW
from workbench.data.images import to_lists
from workbench.data.streaming import TableWriter, read_batches
from workbench.files import write_text
from workbench.project import run_as_module
from workbench.statistics.interval import UNBOUNDED, Summary, summarize
from workbench.statistics.resampling import Scores, measure
from workbench.statistics.table import describe, show

if not __package__:  # started by its path
    run_as_module(__file__)

from ..app import CONFIG_DIR, run, run_job
from ..config import Config
from ..features.examples import scan_split
from ..features.problem import Problem
from .calibration_effect import describe_effect, measure_effect, summarize_effect
from .metrics import LOWER_IS_BETTER, RANGES, Metric, beats, find_metrics
from .outcome import Outcome, find_units, to_outcome
from .predictor import Predictor

log = logging.getLogger(__name__)

N_EXAMPLES = 10  # when a number is predicted; else one per class


def predict_model(config: Config) -> dict[str, Summary]:
    """Write the metrics, the predictions, and a few examples to the output directory.

    That is `metrics.json`, `metrics.md`, `predictions.parquet`, and for the API `examples.json` and
    `served.json`.

    Returns:
        For each metric its mean over the splits and seeds, with its error bars, and the trivial
        model's value (`baseline`).

    Raises:
        UserError: A test split or a model is not there, or there is no such metric.
    """
    runs = [(split, seed) for split in config.splits for seed in config.seeds]
    models = {
        run: Predictor(config.paths.find_model(*run) / "model.onnx", config.threads) for run in runs
    }
    task = models[config.splits[0], config.seeds[0]].problem.task
    functions = find_metrics(getattr(config.metrics, task), task)
    path = config.paths.output / "predictions.parquet"
    with TableWriter(path) as writer:
        for (split, seed), model in models.items():
            for batch in predict(config, split, seed, model):
                writer.write(batch)
    evaluations = {
        split: evaluate_split(
            config, split, [models[split, seed] for seed in config.seeds], functions
        )
        for split in config.splits
    }
    metrics: dict[str, Summary] = {}
    for name in functions:
        splits = [evaluation.scores[name] for evaluation in evaluations.values()]
        metrics[name] = summarize(splits, RANGES.get(name, UNBOUNDED))
        trivial = [evaluation.trivial[name] for evaluation in evaluations.values()]
        metrics[name]["baseline"] = statistics.fmean(trivial)
    worse = [name for name, m in metrics.items() if not beats(name, m["mean"], m["baseline"])]
    sizes = [next(iter(evaluation.scores.values())) for evaluation in evaluations.values()]
    table = describe(metrics, sizes, worse)
    model = models[config.serve.split, config.serve.seed]
    own, place = evaluations[config.serve.split].scores, config.seeds.index(config.serve.seed)
    fits = {run: each.calibration for run, each in models.items() if each.calibration}
    calibration = {}
    if len(fits) == len(models):
        effect = summarize_effect([evaluation.effect for evaluation in evaluations.values()])
        table += f"\n\n{describe_effect(list(fits.values()), effect)}"
        own_fit = fits[config.serve.split, config.serve.seed]
        calibration = {"calibration": {**own_fit, "effect": effect}}
    served = {
        "split": config.serve.split,
        "seed": config.serve.seed,
        "sha256": model.sha256,
        "n_splits": len(config.splits),
        "n_seeds": len(config.seeds),
        "scores": {
            name: {"own": float(own[name].values[place]), **summary}
            for name, summary in metrics.items()
        },
        **calibration,
    }
    texts = {
        "metrics.json": json.dumps(metrics, indent=2),
        "metrics.md": table,
        "examples.json": json.dumps(find_examples(config, model), allow_nan=False),
        "served.json": json.dumps(served, indent=2),
    }
    for name, text in texts.items():
        write_text(config.paths.output / name, text + "\n")
    for name, summary in metrics.items():
        log.info("%s: %s", name, show(summary["mean"]))
    return metrics


@dataclass(frozen=True)
class Evaluation:
    """How good the models of one split are on its test rows.

    Attributes:
        scores: The values of each metric, one per seed.
        trivial: The trivial model's value of each metric.
        effect: For each measure of the calibration, if there is one, the scores with and without.
    """

    scores: dict[str, Scores]
    trivial: dict[str, float]
    effect: dict[str, list[Scores]]


def evaluate_split(
    config: Config, split: int, models: Sequence[Predictor], metrics: Mapping[str, Metric]
) -> Evaluation:
    """Evaluate the models of one split, one per seed, on their predictions."""
    problem = models[0].problem
    path, folder = config.paths.output / "predictions.parquet", config.paths.find_split(split)
    predictions = pl.scan_parquet(path, glob=False).filter(pl.col("split") == split)
    outcomes = [
        to_outcome(predictions.filter(pl.col("seed") == seed).collect(), problem)
        for seed in config.seeds
    ]
    train = scan_split(folder, "train").select(problem.column).collect()
    trivial = predict_trivially(outcomes[0], problem, train[problem.column])
    units = find_units(scan_split(folder, "test"), config.data.split)
    fits = [model.calibration for model in models if model.calibration]
    effect = {}
    if len(fits) == len(models):
        effect = measure_effect(fits, outcomes, problem, units, len(train))
    return Evaluation(
        scores=measure(metrics, outcomes, units, len(train)),
        trivial={name: metric(trivial) for name, metric in metrics.items()},
        effect=effect,
    )


def predict(config: Config, split: int, seed: int, model: Predictor) -> Iterator[pl.DataFrame]:
    """Predict the test rows of a split with one of its models, in batches.

    Yields:
        `split`, `seed`; `row`, the number in the raw table; `group` or `time`, if the split goes
        by it;
        `target` and `predicted`; `probability_` of each class, or `low` and `high`.
    """
    rule, problem = config.data.split, model.problem
    keys = {"group": "group", "time": "time"}.get(rule.kind)
    by = [pl.concat_str(rule.columns, separator=" ").alias(keys)] if keys else []
    for batch in read_batches(scan_split(config.paths.find_split(split), "test")):
        answers = model.predict(batch)
        run = pl.lit(split).alias("split"), pl.lit(seed).alias("seed")
        table = batch.select(*run, pl.col(ROW).alias("row"), *by)
        table = table.with_columns(target=batch[problem.column])
        yield table.hstack(model.to_table(answers))


def predict_trivially(outcome: Outcome, problem: Problem, train: pl.Series) -> Outcome:
    """The outcome of the trivial model: the most frequent class and the shares, or the mean."""
    n_rows = len(outcome.truth)
    if not problem.classes:
        return Outcome(outcome.truth, np.full(n_rows, problem.mean))
    shares = np.bincount(problem.encode(train)) / len(train)
    predicted = np.full(n_rows, shares.argmax())
    return Outcome(outcome.truth, predicted, np.tile(shares, (n_rows, 1)), outcome.positive)


def find_examples(config: Config, model: Predictor) -> list[dict[str, Any]]:
    """Rows of the test split as the API takes them: the first of each class, or the first ones."""
    folder, target = config.paths.find_split(config.serve.split), model.problem.column
    test = scan_split(folder, "test")
    first = test.unique(target, keep="first") if model.problem.classes else test.head(N_EXAMPLES)
    rows = first.sort(target).collect()
    return [
        {"target": label, "record": record}
        for label, record in zip(rows[target], to_records(rows, model.columns), strict=True)
    ]


def to_records(rows: pl.DataFrame, columns: Mapping[str, Column]) -> list[dict[str, Any]]:
    """Raw rows as JSON has them: times as text, gaps as null, images as lists of their rows."""
    for name, column in columns.items():
        if column.kind == "image":
            pixels = [to_lists(image, column.shape) for image in rows[name]]
            rows = rows.with_columns(pl.Series(name, pixels))
    records: list[dict[str, Any]] = json.loads(rows.select(*columns).write_json())
    return records


def objective(metrics: dict[str, Summary]) -> float:
    """What a sweeper minimises: the first metric where lower is better, or minus the first one."""
    for name, summary in metrics.items():
        if name in LOWER_IS_BETTER:
            return summary["mean"]
    return -next(iter(metrics.values()))["mean"]


@hydra.main(version_base="1.3", config_path=CONFIG_DIR, config_name="config")
def main(cfg: DictConfig) -> Any:
    """Run from the command line; a sweeper minimises what this returns."""
    return run_job(lambda config: objective(predict_model(config)), cfg)


if __name__ == "__main__":
    run(main)
