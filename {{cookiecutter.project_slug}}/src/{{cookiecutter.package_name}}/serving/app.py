"""The HTTP API of a model: `POST /predict`, `/health`, `/metrics`, `/docs`, and a page at `/`."""

import hashlib
import json
import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import fastapi
import numpy as np
from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse

from workbench.errors import UserError
from workbench.project import find_project

from ..models.onnx_file import OnnxModel
from .messages import Health, Instances, ModelFacts, Predictions, Problem
from .monitor import Monitor, Watch
from .shutdown import read_before_stopping

NAME = __name__.partition(".")[0]
PAGE = Path(__file__).with_name("page.html")
Name = Annotated[str, fastapi.Path(json_schema_extra={"enum": [NAME]})]
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem} for status in (400, 413, 415, 422)
}


@dataclass(frozen=True)
class Service:
    """A loaded model, and what the API needs beside it."""

    model: OnnxModel
    names: list[str]  # the model's features
    facts: ModelFacts
    monitor: Monitor


def load_service(path: Path, commit: str) -> Service:
    """Load a model file, and let the model predict once.

    Raises:
        UserError: The file is missing, or not a model, or gives no numbers.
    """
    model = OnnxModel(path)
    _, probabilities = model.predict(np.zeros((1, model.n_features), dtype=np.float32))
    if not np.isfinite(probabilities).all():
        raise UserError(f"{path} gives probabilities that are not finite: run `make train`")
    names = model.facts.get("features", [f"feature {i}" for i in range(model.n_features)])
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    facts = ModelFacts(name=NAME, sha256=digest, commit=commit)
    return Service(model, names, facts, Monitor(names, model.facts.get("means", [])))


# exercise 11: Answer with what `service.model` predicts. Each value is a number by now. Nothing
#   has checked yet how many values an instance has, nor whether the model has an answer to them.
#   `service.monitor` has to see the features of each answer, which includes `service.facts`.
def answer(service: Service, body: Instances) -> Predictions:
    """Predict the class of each instance.

    Raises:
        HTTPException: An instance has too many or too few values, or values that are too large.
    """
    size = service.model.n_features
    if any(len(instance) != size for instance in body.instances):
        raise HTTPException(422, f"instances: Each has to have {size} values.")
    features = np.array(body.instances, dtype=np.float32)
    labels, probabilities = service.model.predict(features)
    if not np.isfinite(probabilities).all():
        raise HTTPException(422, "instances: The model has no answer to such values.")
    service.monitor.note_features(features)
    return Predictions(
        predictions=labels.tolist(), probabilities=probabilities.tolist(), model=service.facts
    )


# end of exercise 11


async def explain(request: Request, error: RequestValidationError) -> JSONResponse:
    """Say what is wrong with a request in one sentence, which repeats nothing of the request."""
    if "json" not in request.headers.get("content-type", "") or isinstance(error.body, bytes):
        sentence = "Send JSON, with the header Content-Type: application/json."
        return JSONResponse({"detail": sentence}, 415)
    first = error.errors()[0]
    where = ".".join(map(str, first["loc"][1:])) if first["type"] != "json_invalid" else ""
    return JSONResponse({"detail": f"{where or 'body'}: {first['msg']}."}, 422)


def create_app(path: Path, commit: str = "unknown", examples: Path | None = None) -> FastAPI:
    """Make the API of a model file.

    Args:
        path: An ONNX file that `write_onnx` wrote.
        commit: The Git commit that the answers name.
        examples: `examples.json` of `predict_model`, for the page.

    Raises:
        UserError: The model file is missing, or not a model.
    """
    service = load_service(path, commit)
    page = fill_page(service.names, examples)
    app = FastAPI(
        title=f"{NAME}: predictions",
        version=service.facts.sha256[:12],
        exception_handlers={RequestValidationError: explain},
    )
    app.add_middleware(Watch, monitor=service.monitor)
    app.state.stopping = False

    @app.post("/predict", responses=PROBLEMS)
    async def predict(body: Instances) -> Predictions:
        return answer(service, body)

    @app.post("/v1/models/{name}:predict", responses={**PROBLEMS, 404: {"model": Problem}})
    async def predict_by_name(name: Name, body: Instances) -> Predictions:
        if name != NAME:
            raise HTTPException(404, f"There is no such model here, only {NAME}.")
        return answer(service, body)

    @app.get("/", response_class=HTMLResponse, include_in_schema=False)
    async def show_page() -> HTMLResponse:
        return HTMLResponse(page)

    @app.get("/health")
    async def health() -> Health:
        return Health(status="ok")

    @app.get("/metrics", response_class=PlainTextResponse)
    async def metrics() -> PlainTextResponse:
        return PlainTextResponse(service.monitor.read(), media_type=Monitor.MEDIA_TYPE)

    # The OpenAPI document says how many values this model takes.
    row = app.openapi()["components"]["schemas"]["Instances"]["properties"]["instances"]["items"]
    row.update(minItems=service.model.n_features, maxItems=service.model.n_features)
    return app


def fill_page(names: list[str], examples: Path | None) -> str:
    """Put the names of the features and the examples into the page, which loads no other file."""
    shown = json.loads(examples.read_text("utf-8")) if examples and examples.is_file() else []
    data = json.dumps({"name": NAME, "features": names, "examples": shown}).replace("<", "\\u003c")
    return PAGE.read_text(encoding="utf-8").replace("/* DATA */ null", data)


def from_environment() -> FastAPI:
    """Make the API of the file that the variable MODEL names: for `uvicorn --factory`."""
    with suppress(UserError):  # an image holds no project
        os.chdir(find_project())
    path = Path(os.environ.get("MODEL", "models/seed_0/model.onnx"))
    try:
        app = create_app(path, os.environ.get("COMMIT", "unknown"), Path("reports/examples.json"))
    except UserError as error:
        sys.exit(str(error))
    app.router.lifespan_context = read_before_stopping
    return app
