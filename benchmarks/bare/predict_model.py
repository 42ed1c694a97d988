"""Evaluate the models of the seeds of the command line on the test split."""

import json
import statistics
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import polars as pl
from scipy.stats import t
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score, log_loss


def score(labels, predicted, probabilities):
    """Compute the metrics of one model."""
    return {
        "accuracy": float(accuracy_score(labels, predicted)),
        "balanced_accuracy": float(balanced_accuracy_score(labels, predicted)),
        "macro_f1": float(f1_score(labels, predicted, average="macro")),
        "log_loss": float(log_loss(labels, probabilities)),
    }


table = pl.read_parquet("data/processed/test.parquet")
pixels = np.frombuffer(b"".join(table["image"]), dtype=np.uint8).reshape(-1, 64)
scaled = pixels.astype(np.float32) / 255
labels = table["label"].to_numpy()
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
results, predictions = [], []
for seed in map(int, sys.argv[1:]):
    session = onnxruntime.InferenceSession(
        f"models/seed_{seed}/model.onnx", options, providers=["CPUExecutionProvider"]
    )
    predicted, probabilities = session.run(["label", "probabilities"], {"pixels": scaled})
    results.append(score(labels, predicted, probabilities))
    predictions.append(
        table.select(pl.lit(seed).alias("seed"), row="__row__", target="label")
        .with_columns(predicted=pl.Series(predicted, strict=False))
        .hstack(pl.DataFrame(probabilities, schema=[f"probability_{label}" for label in range(10)]))
    )

shares = pl.read_parquet("data/processed/train.parquet")["label"].value_counts().sort("label")
most_frequent = shares["label"][shares["count"].arg_max()]
trivial = np.tile(shares["count"] / shares["count"].sum(), (len(labels), 1))
baseline = score(labels, np.full(len(labels), most_frequent), trivial)
metrics = {}
lines = [
    f"| over {len(results)} seeds | mean | standard deviation | 95 % confidence interval | trivial model |",
    "|---|---|---|---|---|",
]
for name in results[0]:
    values = [result[name] for result in results]
    mean, std = statistics.fmean(values), statistics.stdev(values)
    half = float(t.ppf((1 + 0.95) / 2, len(values) - 1)) * std / len(values) ** 0.5
    summary = {"mean": mean, "std": std, "ci_low": mean - half, "ci_high": mean + half}
    metrics[name] = {**summary, "baseline": baseline[name]}
    interval = f"{mean - half:.4f} … {mean + half:.4f}"
    lines.append(f"| {name} | {mean:.4f} | {std:.4f} | {interval} | {baseline[name]:.4f} |")
first = table.unique("label", keep="first").sort("label")
images = [np.frombuffer(image, dtype=np.uint8).reshape(8, 8).tolist() for image in first["image"]]
examples = [
    {"target": label, "record": {"image": image}} for label, image in zip(first["label"], images, strict=True)
]
Path("reports").mkdir(exist_ok=True)
pl.concat(predictions).write_parquet("reports/predictions.parquet")
Path("reports/examples.json").write_text(json.dumps(examples) + "\n")
Path("reports/metrics.json").write_text(json.dumps(metrics, indent=2) + "\n")
Path("reports/metrics.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
print("\n".join(lines))
