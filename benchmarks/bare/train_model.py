"""Train one model with the seed of the command line."""

import json
import sys
from pathlib import Path

import numpy as np
import polars as pl
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.impute import SimpleImputer
from sklearn.metrics import accuracy_score, log_loss
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits
from tqdm import tqdm


def read(name):
    """Read the columns and the labels of a split."""
    table = pl.read_parquet(f"data/processed/{name}.parquet")
    columns = table.drop("__row__", "label").to_numpy()
    return np.ascontiguousarray(columns, dtype=np.float32), table["label"].to_numpy()


seed = int(sys.argv[1])
splits = {name: read(name) for name in ("train", "validation")}
scaler = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
scaler.fit(splits["train"][0])
scaled = {name: (scaler.transform(columns), labels) for name, (columns, labels) in splits.items()}
classifier = MLPClassifier([64], batch_size=32, random_state=np.random.RandomState(seed))
curve = []
with threadpool_limits(1):
    for step in tqdm(range(1, 31), disable=None):
        classifier.partial_fit(*scaled["train"], classes=np.unique(scaled["train"][1]))
        scores = {}
        for name, (features, labels) in scaled.items():
            probabilities = classifier.predict_proba(features)
            predicted = classifier.classes_[probabilities.argmax(axis=1)]
            scores[f"{name}_loss"] = float(log_loss(labels, probabilities))
            scores[f"{name}_accuracy"] = float(accuracy_score(labels, predicted))
        curve.append({"step": step, **scores})

model = to_onnx(
    make_pipeline(scaler, classifier),
    initial_types=[("numbers", FloatTensorType([None, 64]))],
    options={"zipmap": False},
    target_opset={"": 21, "ai.onnx.ml": 3},
)
directory = Path(f"models/seed_{seed}")
directory.mkdir(parents=True, exist_ok=True)
(directory / "model.onnx").write_bytes(model.SerializeToString())
pl.DataFrame(curve).write_csv(directory / "learning_curve.csv")
(directory / "metrics.json").write_text(json.dumps(scores, indent=2) + "\n")
print(f"seed {seed}: validation loss {scores['validation_loss']:.4f}")
