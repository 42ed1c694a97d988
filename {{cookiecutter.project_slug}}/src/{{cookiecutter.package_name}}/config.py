"""The configuration as types.

Hydra composes the configuration from `configs/`, whose YAML files hold every default value. The
dataclasses here only say which keys there are, of which type and in which range.
"""

from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    ConfigDict,
    Field,
    PositiveInt,
    field_validator,
    model_validator,
)
from pydantic.dataclasses import dataclass

STRICT = ConfigDict(extra="forbid", allow_inf_nan=False)
Seed = Annotated[int, Field(ge=0, lt=2**32)]  # as NumPy takes them
Fraction = Annotated[float, Field(gt=0, lt=1)]


@dataclass(config=STRICT)
class Data:
    """A data set (`configs/data/`): its source, its schema and its splits."""

    name: str
    source: str  # a CSV file, or the dotted path of a function that returns the raw table
    features: Annotated[list[str], Field(min_length=1)]
    n_rows: PositiveInt | None  # None: any number
    n_classes: Annotated[int, Field(ge=2)]
    minimum: float  # of every feature
    maximum: float
    validation_fraction: Fraction
    test_fraction: Fraction
    split_seed: Seed

    @model_validator(mode="after")
    def _leave_something_to_train_on(self) -> "Data":
        if self.validation_fraction + self.test_fraction >= 1:
            raise ValueError("validation_fraction + test_fraction should be less than 1")
        return self


@dataclass(config=STRICT)
class Paths:
    """Where scripts read and write (`configs/paths/`), relative to the project's root."""

    raw: Path
    processed: Path
    models: Path
    reports: Path
    output: Path


@dataclass(config=STRICT)
class Config:
    """The whole configuration (`configs/config.yaml`)."""

    data: Data
    model: Any  # a `models.interface.Model`, as `configs/model/` names it
    seed: Seed
    seeds: Annotated[list[Seed], Field(min_length=2)]
    threads: PositiveInt
    paths: Paths

    @field_validator("seeds")
    @classmethod
    def _differ(cls, seeds: list[int]) -> list[int]:
        if len(set(seeds)) < len(seeds):
            raise ValueError("seeds should differ, or the error bars would be too small")
        return seeds
