"""Evaluate every seed's model on the test split: metrics with error bars, and the predictions."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import hydra
import numpy as np
import polars as pl
from omegaconf import DictConfig

from ..app import CONFIG_DIR, run, run_job
from ..config import Config
from ..features.splits import read_batches, write_parquet
from .metrics import Scores, summarize
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
    scores: dict[int, Scores] = {}
    examples: dict[int, dict[str, Any]] = {}
    config.paths.output.mkdir(parents=True, exist_ok=True)
    write_parquet(_predict(config, scores, examples), config.paths.output / "predictions.parquet")
    results = [score.compute() for score in scores.values()]
    metrics = {name: summarize([result[name] for result in results]) for name in results[0]}
    table = format_table(metrics, len(config.seeds))
    texts = {
        "metrics.json": json.dumps(metrics, indent=2),
        "metrics.md": table,
        "examples.json": json.dumps([examples[label] for label in sorted(examples)]),
    }
    for name, text in texts.items():
        (config.paths.output / name).write_text(text + "\n", encoding="utf-8", newline="\n")
    log.info("test split:\n%s", table)
    return metrics


def _predict(
    config: Config, scores: dict[int, Scores], examples: dict[int, dict[str, Any]]
) -> Iterator[pl.DataFrame]:
    """The predictions of every seed's model, by batches of the test split.

    On the way, each seed gets its score, and each class its first example.
    """
    for seed in config.seeds:
        model = OnnxModel(config.paths.models / f"seed_{seed}" / "model.onnx", config.threads)
        scores[seed] = Scores()
        start = 0
        for batch in read_batches(config.paths.processed, "test"):
            predicted, probabilities = model.predict(batch.features)
            scores[seed].add(batch.labels, predicted, probabilities)
            for label, row in zip(*np.unique(batch.labels, return_index=True), strict=True):
                values = batch.features[row].tolist()
                examples.setdefault(int(label), {"label": int(label), "values": values})
            yield (
                pl.DataFrame({"label": batch.labels, "predicted": predicted})
                .with_row_index("row", offset=start)
                .insert_column(0, pl.lit(seed).alias("seed"))
                .hstack(pl.DataFrame(probabilities, schema=_names(probabilities.shape[1])))
            )
            start += len(predicted)


def format_table(metrics: Metrics, n_seeds: int) -> str:
    """The metrics as a Markdown table that says what its error bars are."""
    rows = [
        f"| {name} | {m['mean']:.4f} | {m['std']:.4f} | {m['ci_low']:.4f} … {m['ci_high']:.4f} |"
        for name, m in metrics.items()
    ]
    head = f"| over {n_seeds} seeds | mean | standard deviation | 95 % confidence interval |"
    return "\n".join([head, "|---|---|---|---|", *rows])


def _names(n_classes: int) -> list[str]:
    return [f"probability_{label}" for label in range(n_classes)]


@hydra.main(version_base="1.3", config_path=CONFIG_DIR, config_name="config")
def main(cfg: DictConfig) -> Any:
    """Run from the command line; a sweeper minimises what this returns."""
    return run_job(lambda config: predict_model(config)["log_loss"]["mean"], cfg)


if __name__ == "__main__":
    run(main)
