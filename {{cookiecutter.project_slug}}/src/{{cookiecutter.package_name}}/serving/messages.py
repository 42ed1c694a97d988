"""The types of the API's requests, which are made from the schema, and of its answers."""

import re
from base64 import b64decode
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from math import prod
from typing import Annotated, Any, Literal, NotRequired

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    FailFast,
    Field,
    FiniteFloat,
    Strict,
    StrictBool,
    StrictInt,
    Tag,
    create_model,
)
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from workbench.data.column import Column
from workbench.data.decode import LARGEST, NoImage, decode, measure
from workbench.data.images import to_bytes

LIMIT = 1e30  # larger numbers may overflow 32 bits inside a model
LONGEST = 100_000  # characters of a text
MOST = 1000  # instances in a request
FILE = Field(json_schema_extra={"contentEncoding": "base64", "format": "png-or-jpeg"})


class ModelFacts(BaseModel):
    """Which model has answered: the SHA-256 of its file, and the commit that the file is from."""

    name: str
    sha256: str
    commit: str


class Score(BaseModel):
    """A metric over the test split: of this model, over all seeds, and of the trivial model.

    The interval is null where nothing varied.
    """

    own: float
    mean: float
    ci_low: float | None
    ci_high: float | None
    baseline: float


class Estimate(BaseModel):
    """A mean over the seeds on the test split, with its interval."""

    mean: float
    ci_low: float | None
    ci_high: float | None


class CalibrationEffect(BaseModel):
    """A calibration: what was fitted, for which aim, and its effect over all seeds.

    The effect has for each measure the estimate `with` it; for classes also `without` it, and the
    `difference`.
    """

    method: str
    value: float
    n_rows: int
    aim: str | float | None
    effect: dict[str, dict[str, Estimate]]


class Evaluation(BaseModel):
    """What `predict_model` has written of the model that is served."""

    sha256: str
    split: int
    seed: int
    n_splits: int
    n_seeds: int
    scores: dict[str, Score]
    calibration: CalibrationEffect | None = None


class EvaluatedModel(ModelFacts):
    """The model, and its evaluation, which is null if another file was evaluated."""

    evaluation: Evaluation | None


class ClassAnswer(BaseModel):
    """The answer: a label for each instance, and the probability of each class in their order."""

    predictions: list[str | int]
    probabilities: list[list[float]]
    classes: list[str | int]
    model: ModelFacts


class NumberAnswer(BaseModel):
    """The answer: a number for each instance."""

    predictions: list[float]
    model: ModelFacts


class IntervalAnswer(NumberAnswer):
    """The answer of a model with intervals: for each instance also both ends of its interval."""

    low: list[float]
    high: list[float]


class Refusal(BaseModel):
    """One sentence that says what is wrong with a request."""

    detail: str


class Health(BaseModel):
    """The model is loaded and has predicted once."""

    status: str


def make_request_type(columns: Mapping[str, Column]) -> type[BaseModel]:
    """The type of a request: `instances`, a list of records.

    A record has a value for each column, by its name; a gap, where the schema allows one, is null
    or left out. If all columns are numbers without gaps, a record may also be a list of them, and
    if the only column is an image, the image.
    """
    fields: dict[str, Any] = {
        name: NotRequired[_make_type(column) | None] if column.missing else _make_type(column)
        for name, column in columns.items()
    }
    record = TypedDict("Record", fields)  # type: ignore[misc]
    record.__pydantic_config__ = ConfigDict(extra="forbid")  # type: ignore[attr-defined]
    instance: Any = record
    row: Any = None
    forms: tuple[type, ...] = (list, tuple)
    if all(column.kind == "number" and not column.missing for column in columns.values()):
        row = tuple.__class_getitem__(tuple(fields.values()))
    elif [column.kind for column in columns.values()] == ["image"]:
        row = Annotated[next(iter(fields.values())), AfterValidator(lambda image: (image,))]
        forms = (list, str)
    if row:
        instance = Annotated[
            Annotated[record, Tag("record")] | Annotated[row, Tag("row")],
            Discriminator(lambda value: "row" if isinstance(value, forms) else "record"),
        ]
    instances: Any = Annotated[list[instance], FailFast(), Field(min_length=1, max_length=MOST)]
    if images := [name for name, column in columns.items() if column.kind == "image"]:
        check = BeforeValidator(lambda given: _limit_pixels(given, images[0]))
        instances = Annotated[instances, check]
    return create_model("Instances", instances=(instances, ...))


def _make_type(column: Column) -> Any:
    match column.kind:
        case "number":
            low = -LIMIT if column.minimum is None else column.minimum
            high = LIMIT if column.maximum is None else column.maximum
            return Annotated[FiniteFloat, Strict(), Field(ge=low, le=high)]
        case "time":
            return Annotated[datetime, BeforeValidator(_require_text)]
        case "image":
            return _make_image_type(column)
        case "category" if column.values:
            words = {word: label for label in column.values for word in _spell(label)}
            return Annotated[Literal[tuple(words)], AfterValidator(words.__getitem__)]
        case "category":
            short = Annotated[str, Strict(), Field(max_length=LONGEST)]
            return Annotated[short | StrictInt | StrictBool, AfterValidator(_write)]
        case _:
            return Annotated[str, Strict(), Field(max_length=LONGEST)]


def _make_image_type(column: Column) -> Any:
    """A file in base64, or the pixels as a list of rows, or one after the other.

    They become the bytes that the model takes.
    """
    height, width, channels = column.shape

    def read_file(text: str) -> bytes:
        return decode(_read_base64(text), column.shape)

    file = Annotated[str, Strict(), AfterValidator(_explain(read_file)), FILE]
    number = Annotated[FiniteFloat, Strict(), Field(ge=0, le=255, multiple_of=1)]
    pixel = number if channels == 1 else _make_list(number, channels)
    rows = _make_list(_make_list(pixel, width), height)
    flat = _make_list(number, prod(column.shape))
    return Annotated[
        Annotated[rows, AfterValidator(to_bytes), Tag("rows")]
        | Annotated[flat, AfterValidator(to_bytes), Tag("flat")]
        | Annotated[file, Tag("file")],
        Discriminator(_find_form),
    ]


def _find_form(value: Any) -> str:
    if isinstance(value, str):
        return "file"
    nested = isinstance(value, list) and value and isinstance(value[0], list)
    return "rows" if nested else "flat"


def _read_base64(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except ValueError as error:
        raise NoImage("not in base64") from error


def _limit_pixels(instances: Any, name: str) -> Any:
    """Refuse files that are too large together, before any of them is decoded."""
    total = 0
    for instance in instances if isinstance(instances, list) else ():
        file = instance.get(name) if isinstance(instance, dict) else instance
        if isinstance(file, str):
            with suppress(NoImage):  # which the image's own validation names
                total += measure(_read_base64(file))
        if total > LARGEST:
            raise PydanticCustomError("image", f"The files have more than {LARGEST:,} pixels")
    return instances


def _explain(read: Callable[[str], bytes]) -> Callable[[str], bytes]:
    """A validator whose error is a sentence."""

    def validate(text: str) -> bytes:
        try:
            return read(text)
        except NoImage as error:
            raise PydanticCustomError("image", f"The file is {error}") from error

    return validate


def _make_list(item: Any, length: int) -> Any:
    return Annotated[list[item], Field(min_length=length, max_length=length)]


def _spell(label: str) -> list[str | int | bool]:
    """What JSON may say for a category: its text, and the number or truth value that it spells."""
    words: list[str | int | bool] = [label]
    if label.lstrip("-").isdecimal() and str(int(label)) == label:
        words.append(int(label))
    if label.lower() in ("true", "false"):
        words.append(label.lower() == "true")
    return words


def _write(word: str | int | bool) -> str:
    return str(word).lower() if isinstance(word, bool) else str(word)


def _require_text(value: Any) -> Any:
    if not isinstance(value, str) or not re.match(r"\d{4}-", value):  # or seconds since 1970
        raise ValueError("a time is a text, such as 2026-01-31")
    return value
