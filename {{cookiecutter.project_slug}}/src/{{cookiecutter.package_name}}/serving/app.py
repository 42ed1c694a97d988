"""The HTTP API of a model: `POST /predict`, `/health`, `/metrics`, `/docs`, and a page at `/`."""

import json
import os
import sys
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import fastapi
from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse

from workbench.data.column import Column
from workbench.errors import UserError
from workbench.project import find_project

from ..models.predictor import SERVED, Predictor, find_served
from .messages import (
    ClassAnswer,
    EvaluatedModel,
    Evaluation,
    Health,
    IntervalAnswer,
    ModelFacts,
    NumberAnswer,
    Refusal,
    make_request_type,
)
from .monitor import Monitor, Watch
from .server import read_before_stopping

NAME = __name__.partition(".")[0]
Instance = dict[str, Any] | tuple[Any, ...]
TAGS = ("record", "row", "rows", "flat", "file")  # for values that may have several forms
PAGE = Path(__file__).with_name("page.html")
Name = Annotated[str, fastapi.Path(json_schema_extra={"enum": [NAME]})]
REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"model": Refusal} for status in (400, 413, 415, 422)
}


@dataclass(frozen=True)
class Service:
    """A loaded model, and what the API needs beside it."""

    model: Predictor
    facts: ModelFacts
    monitor: Monitor


def load_service(path: Path, commit: str) -> Service:
    """Load a model file, and let the model predict once.

    Raises:
        UserError: The file is missing, or not a model, or gives no numbers.
    """
    model = Predictor(path)
    model.predict_records([{}])
    facts = ModelFacts(name=NAME, sha256=model.sha256, commit=commit)
    return Service(model, facts, Monitor(model.inputs, model.training))


def to_records(instances: Sequence[Instance], names: Collection[str]) -> list[dict[str, Any]]:
    """Records as they are, and rows of values with the names of their columns."""
    return [
        instance if isinstance(instance, dict) else dict(zip(names, instance, strict=True))
        for instance in instances
    ]


# exercise 11: Answer with what `service.model` predicts, and with `service.facts`. Each
#   instance meets the schema, but the model may have no answer to it. Let `service.monitor`
#   note the `arrays` of what you answer.
def answer(service: Service, instances: Sequence[Instance]) -> ClassAnswer | NumberAnswer:
    """Predict each instance.

    Raises:
        HTTPException: The model has no answer to such values.
    """
    records = to_records(instances, service.model.columns)
    try:
        answers = service.model.predict_records(records)
    except UserError:
        raise HTTPException(422, "instances: The model has no answer to such values.") from None
    service.monitor.note(answers.arrays)
    if answers.probabilities is None:
        numbers = {"predictions": answers.predicted.tolist(), "model": service.facts}
        if answers.interval is None:
            return NumberAnswer(**numbers)
        low, high = answers.interval.T.tolist()
        return IntervalAnswer(**numbers, low=low, high=high)
    labels = service.model.problem.labels
    return ClassAnswer(
        predictions=[labels[label] for label in answers.predicted],
        probabilities=answers.probabilities.tolist(),
        classes=list(labels.values()),
        model=service.facts,
    )


# end of exercise 11


def describe(column: Column) -> str:
    """What a field takes, in a few words."""
    if column.values:
        return f"one of {', '.join(column.values[:10])}"
    if column.kind == "image":
        pixels = f"{column.height} rows of {column.width} pixels"
        return f"{pixels}, whole numbers from 0 to 255, or a PNG or JPEG file in base64"
    ends = {"from": column.minimum, "to": column.maximum}
    limits = [f"{word} {end:g}" for word, end in ends.items() if end is not None]
    return " ".join([f"a {column.kind}", *limits])


async def explain(request: Request, error: RequestValidationError) -> JSONResponse:
    """Explain in one sentence what is wrong with a request, without repeating any of it."""
    if "json" not in request.headers.get("content-type", "") or isinstance(error.body, bytes):
        sentence = "Send JSON, with the header Content-Type: application/json."
        return JSONResponse({"detail": sentence}, 415)
    first = error.errors()[0]
    path = [str(part) for part in first["loc"][1:] if part not in TAGS]
    if first["type"] == "extra_forbidden":
        names = list(request.app.state.columns)
        known = ", ".join(names[:8]) + ", …" * (len(names) > 8)
        where = ".".join(path[:-1]) or "body"
        return JSONResponse({"detail": f"{where}: One field is none of {known}."}, 422)
    where = ".".join(path) if first["type"] != "json_invalid" else ""
    column = request.app.state.columns.get(path[-1]) if path else None
    allowed = f", {describe(column)}" if column and first["type"] == "missing" else ""
    return JSONResponse({"detail": f"{where or 'body'}: {first['msg']}{allowed}."}, 422)


def create_app(path: Path, commit: str = "unknown", reports: Path | None = None) -> FastAPI:
    """Make the API of a model file.

    Args:
        path: An ONNX file that `write_onnx` wrote.
        commit: The Git commit that the answers name.
        reports: The folder of `predict_model`, for the page and the scores.

    Raises:
        UserError: The model file is missing, or not a model.
    """
    service = load_service(path, commit)
    evaluated = EvaluatedModel(**dict(service.facts), evaluation=find_scores(service, reports))
    page = fill_page(service.model, evaluated, reports)
    numbers = IntervalAnswer if service.model.has_intervals else NumberAnswer
    answers = ClassAnswer if service.model.problem.classes else numbers
    request_type: Any = make_request_type(service.model.columns)
    app = FastAPI(
        title=f"{NAME}: predictions",
        version=service.facts.sha256[:12],
        exception_handlers={RequestValidationError: explain},
    )
    app.add_middleware(Watch, monitor=service.monitor)
    app.state.stopping = False
    app.state.columns = service.model.columns

    @app.post("/predict", responses=REFUSALS, response_model=answers)
    async def predict(body: request_type) -> Any:
        return answer(service, body.instances)

    by_name = {**REFUSALS, 404: {"model": Refusal}}

    @app.post("/v1/models/{name}:predict", responses=by_name, response_model=answers)
    async def predict_by_name(name: Name, body: request_type) -> Any:
        if name != NAME:
            raise HTTPException(404, f"There is no such model here, only {NAME}.")
        return answer(service, body.instances)

    @app.api_route("/", methods=["GET", "HEAD"], include_in_schema=False)
    async def show_page() -> HTMLResponse:
        return HTMLResponse(page)

    @app.head("/health", include_in_schema=False)  # as load balancers ask
    @app.get("/health")
    async def health() -> Health:
        return Health(status="ok")

    @app.get("/model")
    async def show_model() -> EvaluatedModel:
        return evaluated

    @app.get("/metrics", response_class=PlainTextResponse)
    async def metrics() -> PlainTextResponse:
        return PlainTextResponse(service.monitor.read(), media_type=Monitor.MEDIA_TYPE)

    return app


def find_scores(service: Service, reports: Path | None) -> Evaluation | None:
    """Read the scores of the model, if this is the file that was evaluated."""
    path = reports and reports / SERVED.name
    if not path or not path.is_file():
        return None
    evaluation = Evaluation.model_validate_json(path.read_bytes())
    return evaluation if evaluation.sha256 == service.facts.sha256 else None


def fill_page(model: Predictor, evaluated: EvaluatedModel, reports: Path | None) -> str:
    """Put columns, examples and scores into the page, which loads no other file."""
    path = reports and reports / "examples.json"
    facts = {
        "target": model.problem.column,
        "fields": [{"name": name, **column.to_facts()} for name, column in model.columns.items()],
        "examples": json.loads(path.read_bytes()) if path and path.is_file() else [],
        "model": json.loads(evaluated.model_dump_json()),  # without NaN
    }
    data = json.dumps(facts).replace("<", "\\u003c")
    return PAGE.read_text(encoding="utf-8").replace("/* DATA */ null", data)


def from_environment() -> FastAPI:
    """Make the API of the served model, or of the file in the variable MODEL."""
    with suppress(UserError):  # an image holds no project
        os.chdir(find_project())
    try:
        path = Path(os.environ.get("MODEL") or find_served(Path()))
        app = create_app(path, os.environ.get("COMMIT", "unknown"), SERVED.parent)
    except UserError as error:
        sys.exit(str(error))
    app.router.lifespan_context = read_before_stopping
    return app
