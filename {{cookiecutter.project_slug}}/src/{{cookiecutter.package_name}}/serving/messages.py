"""The types of what the API is asked and what it answers."""

from typing import Annotated

from pydantic import BaseModel, FailFast, Field, FiniteFloat, Strict

LIMIT = 1e9  # far beyond scaled features, and below what overflows 32 bits inside a model
Value = Annotated[FiniteFloat, Strict(), Field(ge=-LIMIT, le=LIMIT)]
Instance = Annotated[list[Value], FailFast()]


class Instances(BaseModel):
    """A request: feature vectors, scaled to 0 … 1 as `build_features` does."""

    instances: Annotated[list[Instance], FailFast(), Field(min_length=1, max_length=1000)]


class ModelFacts(BaseModel):
    """Which model has answered: the SHA-256 of its file, and the commit that the file is from."""

    name: str
    sha256: str
    commit: str


class Predictions(BaseModel):
    """The answer: one class per instance, and the probability of each class."""

    predictions: list[int]
    probabilities: list[list[float]]
    model: ModelFacts


class Problem(BaseModel):
    """One sentence that says what is wrong with a request."""

    detail: str


class Health(BaseModel):
    """The model is loaded and has predicted once."""

    status: str
