"""Draw the evaluation, the importance of the image and the learning curves of the seeds."""

import sys
from pathlib import Path

import numpy as np
import onnxruntime
import polars as pl
from matplotlib.figure import Figure
from sklearn.calibration import calibration_curve
from sklearn.metrics import PrecisionRecallDisplay, RocCurveDisplay, confusion_matrix

directory = Path("reports/figures")
directory.mkdir(parents=True, exist_ok=True)

predictions = pl.read_parquet("reports/predictions.parquet")
classes = sorted(predictions["target"].unique())
figure = Figure(figsize=(11, 9), layout="constrained")
figure.suptitle("label: test split, all seeds")
(confusion, roc), (recall, calibration) = figure.subplots(2, 2)
shares = 100 * confusion_matrix(predictions["target"], predictions["predicted"], normalize="true")
confusion.set(title="Confusion matrix (%)", xlabel="predicted class", ylabel="true class")
confusion.set_xticks(range(len(classes)), classes, rotation=90)
confusion.set_yticks(range(len(classes)), classes)
confusion.imshow(shares, cmap="Blues", vmin=0, vmax=100)
for (row, column), share in np.ndenumerate(shares):
    if share:
        color = "white" if share > 50 else "black"
        confusion.text(column, row, f"{share:.1f}", ha="center", va="center", color=color, size=8)
for label in classes:
    truth = (predictions["target"] == label).to_numpy()
    probability = predictions[f"probability_{label}"].to_numpy()
    RocCurveDisplay.from_predictions(truth, probability, ax=roc, name=label, despine=True)
    PrecisionRecallDisplay.from_predictions(truth, probability, ax=recall, name=label)
    share, mean = calibration_curve(truth, probability, n_bins=10, strategy="quantile")
    calibration.plot(mean, share, marker=".", label=label)
for axes in (roc, calibration):
    axes.plot([0, 1], [0, 1], color="gray", linestyle=":")
roc.set(title="ROC curve", xlabel="false positive rate", ylabel="true positive rate")
recall.set(title="Precision-recall curve", xlabel="recall", ylabel="precision")
calibration.set(title="Calibration", xlabel="predicted probability", ylabel="share of the class")
for axes in (roc, recall, calibration):
    axes.legend(fontsize="x-small")
figure.savefig(directory / "evaluation.png", dpi=150)

options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
test = pl.read_parquet("data/processed/test.parquet")
labels = test["label"].to_numpy()
pixels = np.frombuffer(b"".join(test["image"]), dtype=np.uint8).reshape(-1, 64).astype(np.float32) / 255
order = np.random.default_rng(0).permutation(len(labels))
losses = []
for seed in sys.argv[1:]:
    session = onnxruntime.InferenceSession(
        f"models/seed_{seed}/model.onnx", options, providers=["CPUExecutionProvider"]
    )
    right = (session.run(["label"], {"pixels": pixels})[0] == labels).mean()
    losses.append(right - (session.run(["label"], {"pixels": pixels[order]})[0] == labels).mean())
figure = Figure(figsize=(7, 1.2 + 0.25), layout="constrained")
axes = figure.add_subplot(title="Permutation importance on the test split")
axes.barh(["image"], [np.mean(losses)], xerr=[np.std(losses)], color="tab:blue", alpha=0.7)
axes.set(xlabel="how much accuracy falls if the column is shuffled")
figure.savefig(directory / "importance.png", dpi=150)

curves = pl.concat(pl.read_csv(f"models/seed_{seed}/learning_curve.csv") for seed in sys.argv[1:])
by_step = curves.group_by("step", maintain_order=True)
mean = by_step.agg(pl.all().mean()).sort("step")
std = by_step.agg(pl.all().std().fill_null(0)).sort("step")
figure = Figure(figsize=(9, 4), layout="constrained")
for axes, measure in zip(figure.subplots(1, 2), ("loss", "accuracy"), strict=True):
    for name in ("train", "validation"):
        middle, spread = mean[f"{name}_{measure}"], std[f"{name}_{measure}"]
        axes.plot(mean["step"], middle, label=name)
        axes.fill_between(mean["step"], middle - spread, middle + spread, alpha=0.3)
    axes.set(xlabel="step", ylabel=measure)
axes.legend(title="mean ± std over seeds")
figure.savefig(directory / "learning_curves.png", dpi=150)
print(f"{directory}: 3 figures")
