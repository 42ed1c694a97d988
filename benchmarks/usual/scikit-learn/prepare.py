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
from sklearn.impute import SimpleImputer
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def read(name):
    """Read the columns and the labels of a split."""
    table = pl.read_parquet(f"data/processed/{name}.parquet")
    return table.drop("__row__", "label"), table["label"].cast(pl.Int64).to_numpy()


folder = Path(sys.argv[1])
train, labels = read("train")
classifier = MLPClassifier([64], batch_size=32, max_iter=30, random_state=0)  # as configs/model/mlp.yaml
model = make_pipeline(SimpleImputer(strategy="median"), StandardScaler(), classifier)
model.fit(train.to_numpy().astype(np.float32), labels)
(folder / "model.pkl").write_bytes(pickle.dumps((model, train.columns)))

session = onnxruntime.InferenceSession("models/seed_0/model.onnx")
for size in (1, 32):
    instances = read("test")[0].head(size)
    numbers = np.ascontiguousarray(instances.to_numpy(), dtype=np.float32)
    labels, probabilities = session.run(["label", "probabilities"], {"numbers": numbers})
    answers = {
        "asked": {"instances": instances.to_dicts()},
        "API": {"predictions": labels.astype(int).tolist(), "probabilities": probabilities.tolist()},
        "usual": {
            "predictions": model.predict(numbers).tolist(),
            "probabilities": model.predict_proba(numbers).tolist(),
        },
    }
    (folder / f"{size}.json").write_text(json.dumps(answers))
