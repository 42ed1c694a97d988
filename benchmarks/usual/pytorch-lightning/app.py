"""The usual API: FastAPI that unpickles a PyTorch network and calls it."""

import torch
from fastapi import FastAPI
from pydantic import BaseModel

model = torch.load("model.pt", weights_only=False)
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
    images = torch.tensor([record["image"] for record in body.instances])
    with torch.no_grad():
        probabilities = model(images.flatten(1) / 255).softmax(dim=1)
    labels = probabilities.argmax(dim=1)
    return Predictions(predictions=labels.tolist(), probabilities=probabilities.tolist())
