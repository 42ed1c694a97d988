"""The HTTP API: `POST /predict` with a trained model, `GET /health`, and `/docs`."""

import os
from pathlib import Path
from typing import Annotated

import numpy as np
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, Field, FiniteFloat

from ..models.onnx_file import OnnxModel


class Instances(BaseModel):
    """What is asked for: feature vectors, scaled to 0 … 1 as `build_features` does."""

    instances: Annotated[list[list[FiniteFloat]], Field(min_length=1, max_length=1000)]


class Predictions(BaseModel):
    """The answer: one class per instance, and the probability of each class."""

    predictions: list[int]
    probabilities: list[list[float]]


def create_app(path: Path) -> FastAPI:
    """The API of the model file `path`.

    Raises:
        UserError: The file is missing, or not a model.
    """
    model = OnnxModel(path)
    app = FastAPI(title="Prediction API")

    @app.get("/health")
    def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.post("/predict")
    def predict(body: Instances) -> Predictions:
        if any(len(instance) != model.n_features for instance in body.instances):
            raise HTTPException(422, f"Each instance has to have {model.n_features} values.")
        labels, probabilities = model.predict(np.array(body.instances, dtype=np.float32))
        return Predictions(predictions=labels.tolist(), probabilities=probabilities.tolist())

    return app


def from_environment() -> FastAPI:
    """The API of the file that `MODEL` names, for `uvicorn --factory`."""
    return create_app(Path(os.environ.get("MODEL", "models/seed_0/model.onnx")))
