"""Train one model with the seed of the command line."""

import json
import sys
from pathlib import Path

import numpy as np
import polars as pl
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits
from tqdm import tqdm

PROCESSED, MODELS = Path("data/processed/split_0"), Path("models/split_0")


def read(name):
    """Read the scaled pixels and the digits of a split."""
    table = pl.read_parquet(PROCESSED / f"{name}.parquet")
    pixels = np.frombuffer(b"".join(table["image"]), dtype=np.uint8).reshape(-1, 64)
    return pixels.astype(np.float32) / 255, table["label"].cast(pl.Int64).to_numpy()


seed = int(sys.argv[1])
splits = {name: read(name) for name in ("train", "validation")}
classifier = MLPClassifier([64], batch_size=32, random_state=np.random.RandomState(seed))
curve = []
with threadpool_limits(1):
    for step in tqdm(range(1, 31), disable=None):
        classifier.partial_fit(*splits["train"], classes=np.arange(10))
        scores = {}
        for name, (features, digits) in splits.items():
            probabilities = classifier.predict_proba(features).astype(np.float32)
            of_truth = probabilities[np.arange(len(digits)), digits]
            smallest = np.finfo(np.float32).eps
            scores[f"{name}_loss"] = float(np.mean(-np.log(of_truth.clip(smallest)), dtype=float))
            scores[f"{name}_accuracy"] = float(np.mean(probabilities.argmax(axis=1) == digits))
        curve.append({"step": step, **scores})

model = to_onnx(
    classifier,
    initial_types=[("pixels", FloatTensorType([None, 64]))],
    options={"zipmap": False},
    target_opset={"": 21, "ai.onnx.ml": 3},
)
directory = MODELS / f"seed_{seed}"
directory.mkdir(parents=True, exist_ok=True)
(directory / "model.onnx").write_bytes(model.SerializeToString())
pl.DataFrame(curve).write_csv(directory / "learning_curve.csv")
(directory / "metrics.json").write_text(json.dumps(scores, indent=2) + "\n")
print(f"seed {seed}: validation loss {scores['validation_loss']:.4f}")
