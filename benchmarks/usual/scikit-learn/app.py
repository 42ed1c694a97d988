"""The usual API: FastAPI that unpickles a scikit-learn model and calls `predict_proba`."""

import pickle
from pathlib import Path

import numpy as np
from fastapi import FastAPI
from pydantic import BaseModel

model = pickle.loads(Path("model.pkl").read_bytes())
app = FastAPI()


class Instances(BaseModel):
    instances: list[list[float]]


class Predictions(BaseModel):
    predictions: list[int]
    probabilities: list[list[float]]


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}


@app.post("/predict")
def predict(body: Instances) -> Predictions:
    probabilities = model.predict_proba(np.array(body.instances))
    labels = model.classes_[probabilities.argmax(axis=1)]
    return Predictions(predictions=labels.tolist(), probabilities=probabilities.tolist())
