"""The usual API: FastAPI that unpickles a model of scikit-learn and calls `predict_proba`."""

import pickle
from pathlib import Path

import numpy as np
from fastapi import FastAPI
from pydantic import BaseModel

model = pickle.loads(Path("model.pkl").read_bytes())
app = FastAPI()


class Instances(BaseModel):
    instances: list[dict[str, list[list[int]]]]


class Predictions(BaseModel):
    predictions: list[int]
    probabilities: list[list[float]]


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}


@app.post("/predict")
def predict(body: Instances) -> Predictions:
    images = np.array([record["image"] for record in body.instances], dtype=np.float32)
    probabilities = model.predict_proba(images.reshape(len(images), -1) / 255)
    labels = model.classes_[probabilities.argmax(axis=1)]
    return Predictions(predictions=labels.tolist(), probabilities=probabilities.tolist())
