"""Train one model with the seed of the command line."""

import json
import sys
from pathlib import Path

import numpy as np
import polars as pl
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.metrics import accuracy_score, log_loss
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits
from tqdm import tqdm


def read(name):
    """Read the pixels and the labels of a split."""
    table = pl.read_parquet(f"data/processed/{name}.parquet")
    pixels = np.frombuffer(b"".join(table["image"]), dtype=np.uint8).reshape(-1, 64)
    return pixels.astype(np.float32) / 255, table["label"].to_numpy()


seed = int(sys.argv[1])
splits = {name: read(name) for name in ("train", "validation")}
classifier = MLPClassifier([64], batch_size=32, random_state=np.random.RandomState(seed))
curve = []
with threadpool_limits(1):
    for step in tqdm(range(1, 31), disable=None):
        classifier.partial_fit(*splits["train"], classes=np.unique(splits["train"][1]))
        scores = {}
        for name, (features, labels) in splits.items():
            probabilities = classifier.predict_proba(features)
            predicted = classifier.classes_[probabilities.argmax(axis=1)]
            scores[f"{name}_loss"] = float(log_loss(labels, probabilities))
            scores[f"{name}_accuracy"] = float(accuracy_score(labels, predicted))
        curve.append({"step": step, **scores})

model = to_onnx(
    classifier,
    initial_types=[("pixels", FloatTensorType([None, 64]))],
    options={"zipmap": False},
    target_opset={"": 21, "ai.onnx.ml": 3},
)
directory = Path(f"models/seed_{seed}")
directory.mkdir(parents=True, exist_ok=True)
(directory / "model.onnx").write_bytes(model.SerializeToString())
pl.DataFrame(curve).write_csv(directory / "learning_curve.csv")
(directory / "metrics.json").write_text(json.dumps(scores, indent=2) + "\n")
print(f"seed {seed}: validation loss {scores['validation_loss']:.4f}")
