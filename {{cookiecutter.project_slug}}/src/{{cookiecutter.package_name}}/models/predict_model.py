"""Evaluate every seed's model on the test split: metrics with error bars, and the predictions."""

import json
import logging

import hydra
import numpy as np
import polars as pl
from omegaconf import DictConfig

from ..config import CONFIG_DIR, Config, run
from ..features.splits import read_split
from .metrics import evaluate, summarize
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
    test = read_split(config.paths.processed, "test")
    results, predictions = [], []
    for seed in config.seeds:
        model = OnnxModel(config.paths.models / f"seed_{seed}" / "model.onnx", config.threads)
        predicted, probabilities = model.predict(test.features)
        results.append(evaluate(test.labels, predicted, probabilities))
        predictions.append(
            pl.DataFrame({"label": test.labels, "predicted": predicted})
            .with_row_index("row")
            .insert_column(0, pl.lit(seed).alias("seed"))
            .hstack(pl.DataFrame(probabilities, schema=_names(probabilities.shape[1])))
        )
    metrics = {name: summarize([result[name] for result in results]) for name in results[0]}
    table = format_table(metrics, len(config.seeds))
    config.paths.output.mkdir(parents=True, exist_ok=True)
    pl.concat(predictions).write_parquet(config.paths.output / "predictions.parquet")
    _, first = np.unique(test.labels, return_index=True)
    examples = [
        {"label": int(test.labels[row]), "values": test.features[row].tolist()} for row in first
    ]
    texts = {
        "metrics.json": json.dumps(metrics, indent=2),
        "metrics.md": table,
        "examples.json": json.dumps(examples),
    }
    for name, text in texts.items():
        (config.paths.output / name).write_text(text + "\n", encoding="utf-8", newline="\n")
    log.info("test split, %d examples:\n%s", len(test.labels), table)
    return metrics


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
def main(cfg: DictConfig) -> float:
    """Run from the command line."""
    return predict_model(Config.from_hydra(cfg))["log_loss"]["mean"]


if __name__ == "__main__":
    run(main)
