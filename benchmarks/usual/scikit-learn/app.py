"""The usual API: FastAPI that unpickles a scikit-learn pipeline and calls `predict_proba`."""

import pickle
from pathlib import Path

import numpy as np
from fastapi import FastAPI
from pydantic import BaseModel

model, columns = pickle.loads(Path("model.pkl").read_bytes())
app = FastAPI()


class Instances(BaseModel):
    instances: list[dict[str, float]]


class Predictions(BaseModel):
    predictions: list[int]
    probabilities: list[list[float]]


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}


@app.post("/predict")
def predict(body: Instances) -> Predictions:
    rows = [[record[name] for name in columns] for record in body.instances]
    probabilities = model.predict_proba(np.array(rows, dtype=np.float32))
    labels = model.classes_[probabilities.argmax(axis=1)]
    return Predictions(predictions=labels.tolist(), probabilities=probabilities.tolist())
