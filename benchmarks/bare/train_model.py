"""Train one model with the seed of the command line."""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
import polars as pl
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.metrics import accuracy_score, log_loss
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits
from tqdm import tqdm


def split(table):
    """Give the features and labels of a table."""
    features = np.ascontiguousarray(table.drop("label").to_numpy(), dtype=np.float32)
    return features, table["label"].to_numpy()


seed = int(sys.argv[1])
tables = {name: pl.read_parquet(f"data/processed/{name}.parquet") for name in ("train", "validation")}
splits = {name: split(table) for name, table in tables.items()}
classes = np.unique(splits["train"][1])
classifier = MLPClassifier([64], batch_size=32, random_state=np.random.RandomState(seed))
curve = []
with threadpool_limits(1):
    for step in tqdm(range(1, 31), disable=None):
        classifier.partial_fit(*splits["train"], classes=classes)
        scores = {}
        for name, (features, labels) in splits.items():
            probabilities = classifier.predict_proba(features)
            scores[f"{name}_loss"] = float(log_loss(labels, probabilities))
            scores[f"{name}_accuracy"] = float(accuracy_score(labels, probabilities.argmax(axis=1)))
        curve.append({"step": step, **scores})

model = to_onnx(
    classifier,
    initial_types=[("features", FloatTensorType([None, 64]))],
    options={"zipmap": False},
    name="classifier",
    target_opset={"": 21, "ai.onnx.ml": 3},
)
opsets = {opset.domain: opset.version for opset in model.opset_import}
del model.opset_import[:]
model.opset_import.extend(onnx.helper.make_opsetid(*opset) for opset in sorted(opsets.items()))
for part in (model, model.graph, *model.graph.node):
    part.doc_string = ""
    del part.metadata_props[:]
means = splits["train"][0].mean(axis=0, dtype="float64").tolist()
for key, value in {"features": tables["train"].drop("label").columns, "means": means}.items():
    model.metadata_props.add(key=key, value=json.dumps(value))
onnx.checker.check_model(model)

directory = Path(f"models/seed_{seed}")
directory.mkdir(parents=True, exist_ok=True)
(directory / "model.onnx").write_bytes(model.SerializeToString(deterministic=True))
pl.DataFrame(curve).write_csv(directory / "learning_curve.csv")
(directory / "metrics.json").write_text(json.dumps(scores, indent=2) + "\n")
print(f"seed {seed}: validation accuracy {scores['validation_accuracy']:.4f}")
