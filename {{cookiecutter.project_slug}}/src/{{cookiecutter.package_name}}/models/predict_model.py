"""Evaluate every seed's model on the test split: metrics with error bars, and the predictions."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import hydra
import numpy as np
import polars as pl
from omegaconf import DictConfig

from workbench.errors import UserError
from workbench.files import write_text
from workbench.project import run_as_module
from workbench.streaming import TableWriter

if not __package__:  # started by its path
    run_as_module(__file__)

from ..app import CONFIG_DIR, run, run_job
from ..config import Config
from ..features.splits import read_split_in_batches, scan_split
from .metrics import compute_metrics, summarize
from .onnx_file import OnnxModel

log = logging.getLogger(__name__)

Metrics = dict[str, dict[str, float]]


def predict_model(config: Config) -> Metrics:
    """Write the metrics, the predictions, and an example of each class to the output directory.

    That is `metrics.json`, `metrics.md`, `predictions.parquet` and `examples.json`.

    Returns:
        For each metric its mean, standard deviation and confidence interval over the seeds.

    Raises:
        UserError: The test split or a seed's model is not there.
    """
    path = config.paths.output / "predictions.parquet"
    with TableWriter(path) as writer:
        for seed in config.seeds:
            for batch in predict(config, seed):
                writer.write(batch)
    predictions = pl.scan_parquet(path, glob=False)
    results = [compute_metrics(predictions.filter(pl.col("seed") == s)) for s in config.seeds]
    metrics = {name: summarize([result[name] for result in results]) for name in results[0]}
    table = format_table(metrics, len(config.seeds))
    texts = {
        "metrics.json": json.dumps(metrics, indent=2),
        "metrics.md": table,
        "examples.json": json.dumps(find_examples(config)),
    }
    for name, text in texts.items():
        write_text(config.paths.output / name, text + "\n")
    log.info("test split:\n%s", table)
    return metrics


def predict(config: Config, seed: int) -> Iterator[pl.DataFrame]:
    """Predict the test split with one seed's model, in batches.

    Raises:
        UserError: The model is not there, or gives no numbers.
    """
    path = config.paths.models / f"seed_{seed}" / "model.onnx"
    model = OnnxModel(path, config.threads)
    start = 0
    for batch in read_split_in_batches(config.paths.processed, "test"):
        predicted, probabilities = model.predict(batch.features)
        if not np.isfinite(probabilities).all():
            raise UserError(f"{path} gives probabilities that are not finite: train it again")
        names = [f"probability_{label}" for label in range(probabilities.shape[1])]
        yield (
            pl.DataFrame({"label": batch.labels, "predicted": predicted})
            .with_row_index("row", offset=start)
            .insert_column(0, pl.lit(seed).alias("seed"))
            .hstack(pl.DataFrame(probabilities, schema=names))
        )
        start += len(predicted)


def find_examples(config: Config) -> list[dict[str, Any]]:
    """Find the first row of each class in the test split."""
    test = scan_split(config.paths.processed, "test")
    first = test.unique("label", keep="first").sort("label").collect()
    return [{"label": row.pop("label"), "values": list(row.values())} for row in first.to_dicts()]


def format_table(metrics: Metrics, n_seeds: int) -> str:
    """The metrics as a Markdown table that says what its error bars are."""
    rows = [
        f"| {name} | {m['mean']:.4f} | {m['std']:.4f} | {m['ci_low']:.4f} … {m['ci_high']:.4f} |"
        for name, m in metrics.items()
    ]
    head = f"| over {n_seeds} seeds | mean | standard deviation | 95 % confidence interval |"
    return "\n".join([head, "|---|---|---|---|", *rows])


@hydra.main(version_base="1.3", config_path=CONFIG_DIR, config_name="config")
def main(cfg: DictConfig) -> Any:
    """Run from the command line; a sweeper minimises what this returns."""
    return run_job(lambda config: predict_model(config)["log_loss"]["mean"], cfg)


if __name__ == "__main__":
    run(main)
