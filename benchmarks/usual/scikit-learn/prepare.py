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
    """Read the images and the labels of a split."""
    table = pl.read_parquet(f"data/processed/split_0/{name}.parquet")
    images = np.frombuffer(b"".join(table["image"]), dtype=np.uint8).reshape(-1, 8, 8, 1)
    return images, table["label"].cast(pl.Int64).to_numpy()


def scale(images):
    """Pixels from 0 to 1, as the model takes them."""
    return images.reshape(-1, 64).astype(np.float32) / 255


folder = Path(sys.argv[1])
train, labels = read("train")
model = MLPClassifier([64], batch_size=32, max_iter=30, random_state=0)  # as configs/model/mlp.yaml
model.fit(scale(train), labels)
(folder / "model.pkl").write_bytes(pickle.dumps(model))

session = onnxruntime.InferenceSession("models/split_0/seed_0/model.onnx")
for size in (1, 32):
    images = read("test")[0][:size]
    labels, probabilities = session.run(["label", "probabilities"], {"image": images})
    answers = {
        "asked": {"instances": [{"image": image.tolist()} for image in images[..., 0]]},
        "API": {"predictions": labels.astype(int).tolist(), "probabilities": probabilities.tolist()},
        "usual": {
            "predictions": model.predict(scale(images)).tolist(),
            "probabilities": model.predict_proba(scale(images)).tolist(),
        },
    }
    (folder / f"{size}.json").write_text(json.dumps(answers))
