"""Evaluate the models of the seeds of the command line on the test split."""

import hashlib
import json
import math
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnxruntime
import polars as pl
from workbench.statistics.interval import summarize
from workbench.statistics.resampling import measure
from workbench.statistics.table import describe

PROCESSED, MODELS, REPORTS = Path("data/processed/split_0"), Path("models/split_0"), Path("reports")


class Outcome(NamedTuple):
    """What is true and what one model predicts."""

    truth: np.ndarray
    predicted: np.ndarray
    probabilities: np.ndarray

    def take(self, rows):
        """Give the same of these rows."""
        return Outcome(*(part[rows] for part in self))


def accuracy(outcome):
    """Compute the share of right answers."""
    return float(np.mean(outcome.truth == outcome.predicted))


def balanced_accuracy(outcome):
    """Compute the mean over the classes of the share of right answers."""
    n_rows = np.bincount(outcome.truth)
    right = np.bincount(outcome.truth, outcome.truth == outcome.predicted)
    return float(np.mean(right[n_rows > 0] / n_rows[n_rows > 0]))


def macro_f1(outcome):
    """Compute the mean over the classes of the F1 score."""
    right = outcome.truth[outcome.truth == outcome.predicted]
    both = np.bincount(outcome.truth, minlength=10) + np.bincount(outcome.predicted, minlength=10)
    return float(np.mean(2 * np.bincount(right, minlength=10) / both.clip(1)))


def log_loss(outcome):
    """Compute the mean cross-entropy."""
    eps = np.finfo(np.float32).eps
    of_truth = outcome.probabilities[np.arange(len(outcome.truth)), outcome.truth]
    return float(np.mean(-np.log(of_truth.clip(eps, 1 - eps))))


SHARES = {accuracy: (0.0, 1.0), balanced_accuracy: (0.0, 1.0), macro_f1: (0.0, 1.0)}
METRICS = {metric.__name__: metric for metric in (*SHARES, log_loss)}

seeds = [int(seed) for seed in sys.argv[1:]]
table = pl.read_parquet(PROCESSED / "test.parquet")
pixels = np.frombuffer(b"".join(table["image"]), dtype=np.uint8).reshape(-1, 64)
scaled = pixels.astype(np.float32) / 255
truth = table["label"].cast(pl.Int64).to_numpy()
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
outcomes, predictions = [], []
for seed in seeds:
    path = MODELS / f"seed_{seed}" / "model.onnx"
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    predicted, probabilities = session.run(["label", "probabilities"], {"pixels": scaled})
    outcomes.append(Outcome(truth, predicted, probabilities))
    predictions.append(
        table.select(pl.lit(0).alias("split"), pl.lit(seed).alias("seed"), row="__row__", target="label")
        .with_columns(predicted=pl.Series(predicted).cast(pl.String))
        .hstack(pl.DataFrame(probabilities, schema=[f"probability_{digit}" for digit in range(10)]))
    )

train = pl.read_parquet(PROCESSED / "train.parquet")["label"].cast(pl.Int64).to_numpy()
shares = np.bincount(train) / len(train)
trivial = Outcome(truth, np.full(len(truth), shares.argmax()), np.tile(shares, (len(truth), 1)))
scores = measure(METRICS, outcomes, np.arange(len(truth)), len(train))
metrics = {}
for name, metric in METRICS.items():
    metrics[name] = summarize([scores[name]], SHARES.get(metric, (0.0, math.inf)))
    metrics[name]["baseline"] = metric(trivial)
lines = describe(metrics, [scores["accuracy"]])

first = table.unique("label", keep="first").sort("label")
images = [np.frombuffer(image, dtype=np.uint8).reshape(8, 8).tolist() for image in first["image"]]
examples = [
    {"target": label, "record": {"image": image}} for label, image in zip(first["label"], images, strict=True)
]
served = {
    "split": 0,
    "seed": 0,
    "sha256": hashlib.sha256((MODELS / "seed_0" / "model.onnx").read_bytes()).hexdigest(),
    "n_splits": 1,
    "n_seeds": len(seeds),
    "scores": {
        name: {"own": float(scores[name].values[seeds.index(0)]), **metrics[name]} for name in metrics
    },
}
REPORTS.mkdir(exist_ok=True)
pl.concat(predictions).write_parquet(REPORTS / "predictions.parquet")
(REPORTS / "examples.json").write_text(json.dumps(examples) + "\n")
(REPORTS / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n")
(REPORTS / "served.json").write_text(json.dumps(served, indent=2) + "\n")
(REPORTS / "metrics.md").write_text(lines + "\n", encoding="utf-8")
print(lines)
