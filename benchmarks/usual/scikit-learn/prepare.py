"""Train the usual model, and write what is asked of both APIs with what they have to answer.

In the project: `python prepare.py FOLDER`
"""

import json
import pickle
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import polars as pl
from sklearn.neural_network import MLPClassifier


def read(name):
    """Read the features and labels of a split."""
    table = pl.read_parquet(f"data/processed/{name}.parquet")
    return np.ascontiguousarray(table.drop("label").to_numpy(), dtype=np.float32), table["label"].to_numpy()


folder = Path(sys.argv[1])
model = MLPClassifier([64], batch_size=32, max_iter=30, random_state=0)  # as configs/model/mlp.yaml
model.fit(*read("train"))
(folder / "model.pkl").write_bytes(pickle.dumps(model))

session = onnxruntime.InferenceSession("models/seed_0/model.onnx")
for size in (1, 32):
    instances = read("test")[0][:size]
    labels, probabilities = session.run(["label", "probabilities"], {"features": instances})
    values = instances.tolist()
    answers = {
        "asked": {"instances": values},
        "API": {"predictions": labels.tolist(), "probabilities": probabilities.tolist()},
        "usual": {
            "predictions": model.predict(values).tolist(),
            "probabilities": model.predict_proba(values).tolist(),
        },
    }
    (folder / f"{size}.json").write_text(json.dumps(answers))
