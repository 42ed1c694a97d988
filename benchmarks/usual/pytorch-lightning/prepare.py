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
    """Read the columns of a split."""
    return pl.read_parquet(f"data/processed/{name}.parquet").drop("__row__", "label")


folder = Path(sys.argv[1])
torch.manual_seed(0)
train = torch.tensor(read("train").to_numpy(), dtype=torch.float32)
scaling = train.mean(dim=0), train.std(dim=0).clamp(min=1e-6)
# As configs/model/mlp.yaml; what its weights are changes no time.
model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Dropout(0.1), nn.Linear(64, 10)).eval()
torch.save((model, scaling, read("train").columns), folder / "model.pt")

session = onnxruntime.InferenceSession("models/seed_0/model.onnx")
for size in (1, 32):
    instances = read("test").head(size)
    numbers = np.ascontiguousarray(instances.to_numpy(), dtype=np.float32)
    labels, probabilities = session.run(["label", "probabilities"], {"numbers": numbers})
    with torch.no_grad():
        usual = model((torch.tensor(numbers) - scaling[0]) / scaling[1]).softmax(dim=1)
    answers = {
        "asked": {"instances": instances.to_dicts()},
        "API": {"predictions": labels.astype(int).tolist(), "probabilities": probabilities.tolist()},
        "usual": {"predictions": usual.argmax(dim=1).tolist(), "probabilities": usual.tolist()},
    }
    (folder / f"{size}.json").write_text(json.dumps(answers))
