"""The usual API: FastAPI that unpickles a PyTorch network and calls it."""

import torch
from fastapi import FastAPI
from pydantic import BaseModel

model = torch.load("model.pt", weights_only=False).eval()
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
    with torch.no_grad():
        probabilities = model(torch.tensor(body.instances)).softmax(dim=1)
    labels = probabilities.argmax(dim=1)
    return Predictions(predictions=labels.tolist(), probabilities=probabilities.tolist())
