"""The HTTP API of a model: `POST /predict`, `/health`, `/metrics`, `/docs`, and a page at `/`."""

import hashlib
import json
import os
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any

import fastapi
import numpy as np
from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, FailFast, Field, FiniteFloat, Strict, ValidationError
from starlette.requests import ClientDisconnect

from workbench.errors import UserError

from ..models.onnx_file import OnnxModel
from .monitor import Monitor, Watch
from .shutdown import read_before_stopping

NAME = __name__.partition(".")[0]
PAGE = Path(__file__).with_name("page.html")
LIMIT = 1e9  # far from scaled features, and from where a model's sums leave 32 bits
Name = Annotated[str, fastapi.Path(json_schema_extra={"enum": [NAME]})]
Value = Annotated[FiniteFloat, Strict(), Field(ge=-LIMIT, le=LIMIT)]
Instance = Annotated[list[Value], FailFast()]


class Instances(BaseModel):
    """What is asked for: feature vectors, scaled to 0 … 1 as `build_features` does."""

    instances: Annotated[list[Instance], FailFast(), Field(min_length=1, max_length=1000)]


class ModelFacts(BaseModel):
    """Which model has answered: the file's SHA-256 and the commit that it comes from."""

    name: str
    sha256: str
    commit: str


class Predictions(BaseModel):
    """The answer: one class per instance, and the probability of each class."""

    predictions: list[int]
    probabilities: list[list[float]]
    model: ModelFacts


class Problem(BaseModel):
    """What is wrong with a request, in a sentence."""

    detail: str


class Health(BaseModel):
    """Whether the model is loaded and has answered once."""

    status: str


class Direct(APIRoute):
    """A route that takes a right request the short way: parsed and checked at once, from bytes."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """What is wrong goes FastAPI's way, which takes longer, and says what it is."""
        explain = super().get_route_handler()

        async def handle(request: Request) -> Response:
            if request.headers.get("content-type") != "application/json":
                return await explain(request)
            try:
                body = Instances.model_validate_json(await request.body())
            except (ClientDisconnect, ValidationError):
                return await explain(request)
            answer = await self.endpoint(body=body, **request.path_params)
            return Response(answer.model_dump_json(), media_type="application/json")

        return handle


WRONG: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem} for status in (400, 413, 415, 422)
}


def create_app(path: Path, commit: str = "unknown", examples: Path | None = None) -> FastAPI:
    """The API of the model file `path`.

    Args:
        path: An ONNX file that `write_onnx` wrote.
        commit: The Git commit that the answers name.
        examples: `examples.json` of `predict_model`, for the page.

    Raises:
        UserError: The file is missing, or not a model.
    """
    model = OnnxModel(path)
    size = model.n_features
    names = model.facts.get("features", [f"feature {i}" for i in range(size)])
    facts = ModelFacts(
        name=NAME, sha256=hashlib.sha256(path.read_bytes()).hexdigest(), commit=commit
    )
    monitor = Monitor(names, model.facts.get("means", []))
    model.predict(np.zeros((1, size), dtype=np.float32))  # from here on it is ready
    page = _fill_page(names, examples)
    app = FastAPI(title=f"{NAME}: predictions", version=facts.sha256[:12])
    app.add_middleware(Watch, monitor=monitor)
    app.state.stopping = False

    @app.exception_handler(RequestValidationError)
    async def explain(request: Request, error: RequestValidationError) -> JSONResponse:
        """One sentence, without what was sent."""
        if "json" not in request.headers.get("content-type", "") or isinstance(error.body, bytes):
            sentence = "Send JSON, with the header Content-Type: application/json."
            return JSONResponse({"detail": sentence}, 415)
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"][1:])) if first["type"] != "json_invalid" else ""
        return JSONResponse({"detail": f"{where or 'body'}: {first['msg']}."}, 422)

    @app.get("/", response_class=HTMLResponse, include_in_schema=False)
    async def show_page() -> HTMLResponse:
        return HTMLResponse(page)

    @app.get("/health")
    async def health() -> Health:
        return Health(status="ok")

    @app.get("/metrics", response_class=PlainTextResponse)
    async def metrics() -> PlainTextResponse:
        return PlainTextResponse(monitor.read(), media_type=monitor.MEDIA_TYPE)

    app.router.route_class = Direct  # of the routes that follow

    @app.post("/predict", responses=WRONG)
    async def predict(body: Instances) -> Predictions:
        # exercise 11: Answer with what `model` predicts. Each value is a number by now; how many
        #   there are in each instance is not checked, nor whether the model has an answer to them.
        #   `monitor` has to see the features of each answer, and `facts` belong to it.
        if any(len(instance) != size for instance in body.instances):
            raise HTTPException(422, f"instances: Each has to have {size} values.")
        features = np.array(body.instances, dtype=np.float32)
        labels, probabilities = model.predict(features)
        if not np.isfinite(probabilities).all():
            raise HTTPException(422, "instances: The model has no answer to such values.")
        monitor.note_features(features)
        return Predictions(
            predictions=labels.tolist(), probabilities=probabilities.tolist(), model=facts
        )
        # end of exercise 11

    @app.post("/v1/models/{name}:predict", responses={**WRONG, 404: {"model": Problem}})
    async def predict_by_name(name: Name, body: Instances) -> Predictions:
        if name != NAME:
            raise HTTPException(404, f"There is no such model here, only {NAME}.")
        return await predict(body)

    # The OpenAPI document says how many values this model takes.
    row = app.openapi()["components"]["schemas"]["Instances"]["properties"]["instances"]["items"]
    row.update(minItems=size, maxItems=size)
    return app


def from_environment() -> FastAPI:
    """The API of the file that `MODEL` names, for `uvicorn --factory`."""
    path = Path(os.environ.get("MODEL", "models/seed_0/model.onnx"))
    try:
        app = create_app(path, os.environ.get("COMMIT", "unknown"), Path("reports/examples.json"))
    except UserError as error:
        sys.exit(str(error))
    app.router.lifespan_context = read_before_stopping
    return app


def _fill_page(names: list[str], examples: Path | None) -> str:
    """The page with what it shows: it asks for no other file."""
    shown = json.loads(examples.read_text("utf-8")) if examples and examples.is_file() else []
    data = json.dumps({"name": NAME, "features": names, "examples": shown}).replace("<", "\\u003c")
    return PAGE.read_text(encoding="utf-8").replace("/* DATA */ null", data)
