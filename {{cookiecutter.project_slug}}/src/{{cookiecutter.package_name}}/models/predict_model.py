"""Evaluate every seed's model on the test split: metrics with error bars, and the predictions."""

import json
import logging
from collections.abc import Iterator, Mapping
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
from workbench.statistics.resampling import Rows, form_blocks, measure
from workbench.statistics.table import describe

if not __package__:  # started by its path
    run_as_module(__file__)

from ..app import CONFIG_DIR, run, run_job
from ..config import Config, Splits
from ..features.examples import scan_split
from ..features.problem import Problem
from .calibration_effect import describe_effect, measure_effect, summarize_effect
from .metrics import LOWER_IS_BETTER, RANGES, beats, find_metrics
from .outcome import Outcome, to_outcome
from .predictor import Predictor

log = logging.getLogger(__name__)

N_EXAMPLES = 10  # of a number to predict; of classes, one each


def predict_model(config: Config) -> dict[str, Summary]:
    """Write the metrics, the predictions, and a few examples to the output directory.

    That is `metrics.json`, `metrics.md`, `predictions.parquet`, and for the API `examples.json` and
    `served.json`.

    Returns:
        For each metric its mean over the seeds, with its error bars, and the trivial model's value
        (`baseline`).

    Raises:
        UserError: The test split or a seed's model is not there, or there is no such metric.
    """
    models = {seed: _load(config, seed) for seed in config.seeds}
    problem = models[config.seeds[0]].problem
    functions = find_metrics(getattr(config.metrics, problem.task), problem.task)
    path = config.paths.output / "predictions.parquet"
    with TableWriter(path) as writer:
        for seed, model in models.items():
            for batch in predict(config, seed, model):
                writer.write(batch)
    predictions = pl.scan_parquet(path, glob=False)
    outcomes = [
        to_outcome(predictions.filter(pl.col("seed") == seed).collect(), problem)
        for seed in config.seeds
    ]
    train = scan_split(config.paths.processed, "train").select(problem.column).collect()
    trivial = predict_trivially(outcomes[0], problem, train[problem.column])
    units = find_units(scan_split(config.paths.processed, "test"), config.data.split)
    scores = measure(functions, outcomes, units, len(train))
    metrics: dict[str, Summary] = {}
    for name, metric in functions.items():
        metrics[name] = summarize([scores[name]], RANGES.get(name, UNBOUNDED))
        metrics[name]["baseline"] = metric(trivial)
    worse = [name for name, m in metrics.items() if not beats(name, m["mean"], m["baseline"])]
    table = describe(metrics, list(scores.values())[:1], worse)
    place = config.seeds.index(config.serve.seed)
    fits = [model.calibration for model in models.values() if model.calibration]
    calibration = {}
    if len(fits) == len(models):
        effect = summarize_effect([measure_effect(fits, outcomes, problem, units, len(train))])
        table += f"\n\n{describe_effect(fits, effect)}"
        calibration = {"calibration": {**fits[place], "effect": effect}}
    served = {
        "seed": config.serve.seed,
        "sha256": models[config.serve.seed].sha256,
        "n_seeds": len(config.seeds),
        "scores": {
            name: {"own": float(scores[name].values[place]), **summary}
            for name, summary in metrics.items()
        },
        **calibration,
    }
    texts = {
        "metrics.json": json.dumps(metrics, indent=2),
        "metrics.md": table,
        "examples.json": json.dumps(
            find_examples(config, models[config.serve.seed]), allow_nan=False
        ),
        "served.json": json.dumps(served, indent=2),
    }
    for name, text in texts.items():
        write_text(config.paths.output / name, text + "\n")
    log.info("test split:\n%s", table)
    return metrics


def find_units(table: pl.LazyFrame, split: Splits) -> Rows:
    """Which rows belong together: by their group, or by their place in time.

    Returns:
        For each row the number of its unit, from 0 [n].
    """
    if split.kind not in ("group", "time"):
        return np.arange(table.select(pl.len()).collect().item())
    ranks = table.select(pl.struct(split.columns).rank("dense")).collect().to_series().to_numpy()
    return form_blocks(ranks) if split.kind == "time" else ranks.astype(np.int64) - 1


def predict(config: Config, seed: int, model: Predictor) -> Iterator[pl.DataFrame]:
    """Predict the test split with one seed's model, in batches.

    Yields:
        `seed`; `row`, the number in the raw table; `group` or `time`, if the split goes by it;
        `target` and `predicted`; `probability_` of each class, or `low` and `high`.
    """
    split, problem = config.data.split, model.problem
    keys = {"group": "group", "time": "time"}.get(split.kind)
    by = [pl.concat_str(split.columns, separator=" ").alias(keys)] if keys else []
    for batch in read_batches(scan_split(config.paths.processed, "test")):
        answers = model.predict(batch)
        table = batch.select(pl.lit(seed).alias("seed"), pl.col(ROW).alias("row"), *by)
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
    test, target = scan_split(config.paths.processed, "test"), model.problem.column
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
    """What a sweeper minimises: the first metric that is better the lower, or minus the first."""
    for name, summary in metrics.items():
        if name in LOWER_IS_BETTER:
            return summary["mean"]
    return -next(iter(metrics.values()))["mean"]


def _load(config: Config, seed: int) -> Predictor:
    return Predictor(config.paths.models / f"seed_{seed}" / "model.onnx", config.threads)


@hydra.main(version_base="1.3", config_path=CONFIG_DIR, config_name="config")
def main(cfg: DictConfig) -> Any:
    """Run from the command line; a sweeper minimises what this returns."""
    return run_job(lambda config: objective(predict_model(config)), cfg)


if __name__ == "__main__":
    run(main)
