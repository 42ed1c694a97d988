"""Pickle the usual model, and write what is asked of both APIs with what they have to answer.

In the project: `python prepare.py FOLDER`
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import polars as pl
import torch
from torch import nn


def read(name):
    """Read the images of a split."""
    images = pl.read_parquet(f"data/processed/split_0/{name}.parquet")["image"]
    return np.frombuffer(b"".join(images), dtype=np.uint8).reshape(-1, 8, 8, 1)


folder = Path(sys.argv[1])
torch.manual_seed(0)
# As configs/model/mlp.yaml; what its weights are changes no time.
model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Dropout(0.1), nn.Linear(64, 10)).eval()
torch.save(model, folder / "model.pt")

session = onnxruntime.InferenceSession("models/split_0/seed_0/model.onnx")
for size in (1, 32):
    images = read("test")[:size]
    labels, probabilities = session.run(["label", "probabilities"], {"image": images})
    with torch.no_grad():
        usual = model(torch.tensor(images).flatten(1) / 255).softmax(dim=1)
    answers = {
        "asked": {"instances": [{"image": image.tolist()} for image in images[..., 0]]},
        "API": {"predictions": labels.astype(int).tolist(), "probabilities": probabilities.tolist()},
        "usual": {"predictions": usual.argmax(dim=1).tolist(), "probabilities": usual.tolist()},
    }
    (folder / f"{size}.json").write_text(json.dumps(answers))
