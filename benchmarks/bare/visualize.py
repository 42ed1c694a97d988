"""Draw the evaluation, the importance of the image, the learning curves of the seeds, and the variation."""

import json
import math
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import polars as pl
from matplotlib.figure import Figure
from sklearn import metrics
from workbench.statistics.calibration import measure_reliability
from workbench.statistics.interval import Error

PROCESSED, MODELS, REPORTS = Path("data/processed/split_0"), Path("models/split_0"), Path("reports")

folders = [MODELS / f"seed_{seed}" for seed in sys.argv[1:]]
figures = {}

predictions = pl.read_parquet(REPORTS / "predictions.parquet")
figures["evaluation"] = figure = Figure(figsize=(11, 9), layout="constrained")
figure.suptitle("label: test split, all models")
(confusion, roc), (recall, calibration) = figure.subplots(2, 2)
shares = 100 * metrics.confusion_matrix(predictions["target"], predictions["predicted"], normalize="true")
confusion.set(title="Confusion matrix (%)", xlabel="predicted class", ylabel="true class")
confusion.set_xticks(range(10), range(10), rotation=90)
confusion.set_yticks(range(10), range(10))
confusion.imshow(shares, cmap="Blues", vmin=0, vmax=100)
for (row, column), share in np.ndenumerate(shares):
    if share:
        color = "white" if share > 50 else "black"
        confusion.text(column, row, f"{share:.1f}", ha="center", va="center", color=color, size=8)
for digit in range(10):
    truth = (predictions["target"] == str(digit)).to_numpy()
    probability = predictions[f"probability_{digit}"].to_numpy()
    false_rate, true_rate, _ = metrics.roc_curve(truth, probability)
    area = metrics.auc(false_rate, true_rate)
    roc.plot(false_rate, true_rate, label=f"{digit} (area {area:.2f})")
    precision, found, _ = metrics.precision_recall_curve(truth, probability)
    average = metrics.average_precision_score(truth, probability)
    recall.step(found, precision, where="post", label=f"{digit} (average {average:.2f})")
    bins = measure_reliability(truth, probability, len(folders))
    reach = np.abs([bins.low - bins.share, bins.high - bins.share])
    calibration.errorbar(bins.probability, bins.share, reach, marker=".", elinewidth=0.7, label=str(digit))
for axes in (roc, calibration):
    axes.plot([0, 1], [0, 1], color="gray", linestyle=":")
roc.set(title="ROC curve", xlabel="false positive rate", ylabel="true positive rate")
recall.set(title="Precision-recall curve", xlabel="recall", ylabel="precision")
calibration.set(
    title="Calibration",
    xlabel="predicted probability",
    ylabel="share of the class, with its 95 % interval",
)
for axes in (roc, recall, calibration):
    axes.legend(fontsize="x-small")

options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
test = pl.read_parquet(PROCESSED / "test.parquet")
labels = test["label"].cast(pl.Int64).to_numpy()
pixels = np.frombuffer(b"".join(test["image"]), dtype=np.uint8).reshape(-1, 64).astype(np.float32) / 255
order = np.random.default_rng(0).permutation(len(labels))
losses = []
for folder in folders:
    session = onnxruntime.InferenceSession(folder / "model.onnx", options, providers=["CPUExecutionProvider"])
    right = (session.run(["label"], {"pixels": pixels})[0] == labels).mean()
    losses.append(right - (session.run(["label"], {"pixels": pixels[order]})[0] == labels).mean())
figures["importance"] = figure = Figure(figsize=(7, 1.2 + 0.25), layout="constrained")
axes = figure.add_subplot(title="Permutation importance on the test split")
axes.barh(["image"], [np.mean(losses)], xerr=[np.std(losses)], color="tab:blue", alpha=0.7)
axes.set(xlabel="how much accuracy falls if the column is shuffled")

curves = pl.concat(pl.read_csv(folder / "learning_curve.csv") for folder in folders)
by_step = curves.group_by("step", maintain_order=True)
mean = by_step.agg(pl.all().mean()).sort("step")
std = by_step.agg(pl.all().std().fill_null(0)).sort("step")
figures["learning_curves"] = figure = Figure(figsize=(9, 4), layout="constrained")
for axes, measure in zip(figure.subplots(1, 2), ("loss", "accuracy"), strict=True):
    for name in ("train", "validation"):
        middle, spread = mean[f"{name}_{measure}"], std[f"{name}_{measure}"]
        axes.plot(mean["step"], middle, label=name)
        axes.fill_between(mean["step"], middle - spread, middle + spread, alpha=0.3)
    axes.set(xlabel="step", ylabel=measure)
axes.legend(title="mean ± std over models")

summaries = json.loads((REPORTS / "metrics.json").read_text())
figures["variation"] = figure = Figure(figsize=(9, 1 + 1.3 * len(summaries)), layout="constrained")
rows = figure.subplots(len(summaries), 2)
for (left, right), (name, summary) in zip(rows, summaries.items(), strict=True):
    left.barh(["seeds", "splits", "test rows"], [summary["std"], 0, summary["std_examples"]])
    left.text(0, 1, " not measured", va="center", size="small")
    left.invert_yaxis()
    left.set_ylabel(name)
    mean, seeds = summary["mean"], Error(summary["std"] ** 2 / len(folders), len(folders) - 1)
    reach = seeds.find_quantile() * math.sqrt(seeds.variance)
    ends = [(summary["ci_low"], summary["ci_high"]), (mean - reach, mean + reach)]
    for place, interval in enumerate(ends):
        right.plot(interval, [place, place], marker="|")
        right.plot([mean], [place], marker=".", color="black")
    right.set_yticks([0, 1], ["all sources", "seeds alone"])
    right.set_ylim(1.5, -0.5)
rows[0, 0].set_title("Standard deviation over …")
rows[0, 1].set_title("Mean and 95 % interval from …")

(REPORTS / "figures").mkdir(parents=True, exist_ok=True)
for name, figure in figures.items():
    figure.savefig(REPORTS / "figures" / f"{name}.png", dpi=100)
print(f"{REPORTS}/figures: {len(figures)} figures")
