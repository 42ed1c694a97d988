"""Evaluate the models of the seeds of the command line on the test split."""

import json
import statistics
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import polars as pl
from scipy.stats import t
from sklearn.metrics import accuracy_score, f1_score, log_loss

table = pl.read_parquet("data/processed/test.parquet")
features = np.ascontiguousarray(table.drop("label").to_numpy(), dtype=np.float32)
labels = table["label"].to_numpy()
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
examples = [
    {"label": int(label), "values": features[row].tolist()}
    for label, row in zip(*np.unique(labels, return_index=True), strict=True)
]
results, predictions = [], []
for seed in map(int, sys.argv[1:]):
    session = onnxruntime.InferenceSession(
        f"models/seed_{seed}/model.onnx", options, providers=["CPUExecutionProvider"]
    )
    predicted, probabilities = session.run(["label", "probabilities"], {"features": features})
    classes = range(probabilities.shape[1])
    results.append(
        {
            "accuracy": float(accuracy_score(labels, predicted)),
            "macro_f1": float(f1_score(labels, predicted, labels=classes, average="macro")),
            "log_loss": float(log_loss(labels, probabilities, labels=classes)),
        }
    )
    predictions.append(
        pl.DataFrame({"label": labels, "predicted": predicted})
        .with_row_index("row")
        .insert_column(0, pl.lit(seed).alias("seed"))
        .hstack(pl.DataFrame(probabilities, schema=[f"probability_{label}" for label in classes]))
    )

metrics = {}
lines = [
    f"| over {len(results)} seeds | mean | standard deviation | 95 % confidence interval |",
    "|---|---|---|---|",
]
for name in results[0]:
    values = [result[name] for result in results]
    mean, std = statistics.fmean(values), statistics.stdev(values)
    half = float(t.ppf((1 + 0.95) / 2, len(values) - 1)) * std / len(values) ** 0.5
    metrics[name] = {"mean": mean, "std": std, "ci_low": mean - half, "ci_high": mean + half}
    lines.append(f"| {name} | {mean:.4f} | {std:.4f} | {mean - half:.4f} … {mean + half:.4f} |")
Path("reports").mkdir(exist_ok=True)
pl.concat(predictions).write_parquet("reports/predictions.parquet")
Path("reports/examples.json").write_text(json.dumps(examples) + "\n")
Path("reports/metrics.json").write_text(json.dumps(metrics, indent=2) + "\n")
Path("reports/metrics.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
print("\n".join(lines))
