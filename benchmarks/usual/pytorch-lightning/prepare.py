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

folder = Path(sys.argv[1])
torch.manual_seed(0)
# As configs/model/mlp.yaml; what its weights are changes no time.
model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Dropout(0.1), nn.Linear(64, 10)).eval()
torch.save(model, folder / "model.pt")

test = pl.read_parquet("data/processed/test.parquet").drop("label").to_numpy()
session = onnxruntime.InferenceSession("models/seed_0/model.onnx")
for size in (1, 32):
    instances = np.ascontiguousarray(test[:size], dtype=np.float32)
    labels, probabilities = session.run(["label", "probabilities"], {"features": instances})
    with torch.no_grad():
        usual = model(torch.tensor(instances)).softmax(dim=1)
    answers = {
        "asked": {"instances": instances.tolist()},
        "API": {"predictions": labels.tolist(), "probabilities": probabilities.tolist()},
        "usual": {"predictions": usual.argmax(dim=1).tolist(), "probabilities": usual.tolist()},
    }
    (folder / f"{size}.json").write_text(json.dumps(answers))
