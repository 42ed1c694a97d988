"""The configuration as types.

Hydra composes the configuration from `configs/`, whose YAML files hold every default value. The
dataclasses here only define the keys, their types and their ranges.
"""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    ConfigDict,
    Field,
    PositiveInt,
    field_validator,
    model_validator,
)
from pydantic.dataclasses import dataclass

from workbench.data.column import GAPS, Column, Label
from workbench.data.images import Shape
from workbench.data.read import Format

STRICT = ConfigDict(extra="forbid", allow_inf_nan=False)
Seed = Annotated[int, Field(ge=0, lt=2**32)]  # the seeds that NumPy accepts
Fraction = Annotated[float, Field(gt=0, lt=1)]


@dataclass(config=STRICT)
class Target:
    """What is predicted: a class, or a number."""

    column: str
    kind: Literal["category", "number"]
    values: Annotated[list[Label], Field(min_length=2)] | None = None  # None: those of the data
    positive: str | bool | int | None = None  # the positive class, of two
    threshold: Fraction = 0.5  # the lowest probability at which the positive class is predicted
    minimum: float | None = None  # the range of a number
    maximum: float | None = None
    missing: Literal["refuse", "drop"] = "refuse"  # what to do with a row without a target

    @property
    def rule(self) -> Column:
        """The rules of the target's column."""
        drops = self.missing == "drop"
        return Column(self.kind, self.minimum, self.maximum, self.values, missing=drops)

    @model_validator(mode="after")
    def _fit_the_kind(self) -> "Target":
        if self.kind == "number" and self.positive is not None:
            raise ValueError("`positive` names a class, and the target is a number")
        if self.positive is None and self.threshold != 0.5:
            raise ValueError("`threshold` needs `positive`, the class that it is for")
        _ = self.rule
        return self


@dataclass(config=STRICT)
class Splits:
    """Which rows are for training, for validation and for the test.

    Attributes:
        kind: `random`, with the same share of each class; `group`: rows with the same values of
            `by` stay together; `time`: the latest rows by `by` are for the test, those before them
            for validation; `column`: the column `by` says train, validation or test.
    """

    kind: Literal["random", "group", "time", "column"] = "random"
    by: str | list[str] | None = None
    validation_fraction: Fraction = 0.2
    test_fraction: Fraction = 0.2

    @property
    def columns(self) -> list[str]:
        """The columns that decide the split."""
        return [self.by] if isinstance(self.by, str) else self.by or []

    @model_validator(mode="after")
    def _be_possible(self) -> "Splits":
        if self.validation_fraction + self.test_fraction >= 1:
            raise ValueError("validation_fraction + test_fraction should be less than 1")
        if (self.kind == "random") != (not self.columns):
            raise ValueError(f"a {self.kind} split {'has no' if self.columns else 'needs'} `by`")
        if self.kind == "column" and len(self.columns) > 1:
            raise ValueError("a split by column goes by one column")
        return self


@dataclass(config=STRICT)
class Data:
    """A data set (`configs/data/`): its source, its schema and its splits.

    The values here are the defaults for what a file leaves out, so a short file is enough.
    """

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][\w.-]*$")]
    source: str  # a CSV or Parquet file, a folder of images, or the path of a function
    columns: Annotated[dict[str, Column], Field(min_length=1)]
    target: Target
    split: Splits = Field(default_factory=Splits)
    # Rows that are equal: one in training and one in the test would make the result too good.
    repeats: Literal["together", "drop", "refuse", "keep"] = "together"
    n_rows: PositiveInt | None = None  # None: any number
    # How a CSV file is written
    separator: Annotated[str, Field(min_length=1, max_length=1)] = ","
    decimal: Literal[".", ","] = "."
    encoding: str = "utf-8"
    gaps: list[str] = Field(default_factory=lambda: list(GAPS))

    @property
    def inputs(self) -> dict[str, Column]:
        """The columns that a model may use: neither ignored, nor what the split goes by."""
        by_group = self.split.columns if self.split.kind != "time" else []
        return {
            name: column
            for name, column in self.columns.items()
            if column.kind != "ignored" and name not in by_group
        }

    @property
    def image(self) -> Shape | None:
        """The height, width and channels of the image, if a column holds one."""
        return next((c.shape for c in self.columns.values() if c.kind == "image"), None)

    @property
    def used(self) -> list[str]:
        """The columns that are kept for the splits: all but the ignored ones."""
        return [
            name
            for name, column in self.columns.items()
            if column.kind != "ignored" or name in self.split.columns
        ]

    @property
    def content(self) -> list[str]:
        """The columns by which two rows are the same: the image, or else all used columns."""
        images = [name for name, column in self.columns.items() if column.kind == "image"]
        return images or [*self.used, self.target.column]

    @property
    def rules(self) -> dict[str, Column]:
        """The rules of every column, the target's last."""
        return {**self.columns, self.target.column: self.target.rule}

    @property
    def format(self) -> Format:
        """How a CSV file is written."""
        return Format(self.separator, self.decimal, self.gaps)

    @model_validator(mode="after")
    def _fit_together(self) -> "Data":
        if self.target.column in self.columns:
            raise ValueError(f"{self.target.column} is the target, and no column beside it")
        for name in self.split.columns:
            if name not in self.columns:
                raise ValueError(f"split.by: there is no column {name}")
            if self.split.kind == "time" and self.columns[name].kind not in ("number", "time"):
                raise ValueError(f"split.by: {name} has to be of the kind number or time")
        if sum(column.kind == "image" for column in self.columns.values()) > 1:
            raise ValueError("a row has one image at most")
        if not self.inputs:
            raise ValueError("no column is left for the model")
        return self


@dataclass(config=STRICT)
class Paths:
    """Where scripts read and write (`configs/paths/`), relative to the project's root."""

    raw: Path
    processed: Path
    models: Path
    reports: Path
    output: Path

    def find_split(self, split: int) -> Path:
        """The folder with the rows of a split, and what is fitted on its training rows."""
        return self.processed / f"split_{split}"

    def find_model(self, split: int, seed: int) -> Path:
        """The folder of the model that was trained on a split with a seed."""
        return self.models / f"split_{split}" / f"seed_{seed}"


@dataclass(config=STRICT)
class Metrics:
    """Names from `models/metrics.py`; the first one also measures the importance of a column."""

    classification: Annotated[list[str], Field(min_length=1)]
    regression: Annotated[list[str], Field(min_length=1)]


@dataclass(config=STRICT)
class Calibration:
    """What is fitted after the training, on training rows that are set aside for it.

    Attributes:
        method: `temperature`: how extreme the probabilities of classes are; `threshold`: the
            lowest probability at which the positive class is predicted; `conformal`: how far the
            interval of a number reaches; `none`: no row is set aside.
        fraction: The share of the training rows, or of their groups, that is set aside.
        criterion: What the threshold maximises: a name from models/calibrate.py.
        coverage: The share of the true values that the intervals should contain.
    """

    method: Literal["none", "temperature", "threshold", "conformal"]
    fraction: Fraction
    criterion: Literal["balanced_accuracy", "accuracy", "f1"]
    coverage: Fraction

    def check(self, target: Target) -> None:
        """Raise a ValueError if the method does not fit what is predicted."""
        needed = {"temperature": "category", "threshold": "category", "conformal": "number"}
        if self.method != "none" and target.kind != needed[self.method]:
            raise ValueError(
                f"calibration.method: {self.method} needs a target of the kind "
                f"{needed[self.method]}, and {target.column} is a {target.kind}"
            )
        if self.method == "threshold" and target.positive is None:
            raise ValueError("calibration.method: threshold needs data.target.positive, its class")


@dataclass(config=STRICT)
class Serve:
    """Which of the trained models is served."""

    split: Seed
    seed: Seed


@dataclass(config=STRICT)
class Config:
    """The whole configuration (`configs/config.yaml`)."""

    data: Data
    model: Any  # a `models.interface.Model`, as `configs/model/` names it
    seed: Seed
    seeds: Annotated[list[Seed], Field(min_length=2)]
    split: Seed
    splits: Annotated[list[Seed], Field(min_length=1)]
    serve: Serve
    metrics: Metrics
    calibration: Calibration
    threads: PositiveInt
    paths: Paths

    @field_validator("seeds", "splits")
    @classmethod
    def _differ(cls, seeds: list[int]) -> list[int]:
        if len(set(seeds)) < len(seeds):
            raise ValueError("its values should differ, or the error bars would be too small")
        return seeds

    @model_validator(mode="after")
    def _fit_together(self) -> "Config":
        self.calibration.check(self.data.target)
        if self.serve.seed not in self.seeds:
            raise ValueError(f"serve.seed: {self.serve.seed} is not one of `seeds`")
        if self.serve.split not in self.splits:
            raise ValueError(f"serve.split: {self.serve.split} is not one of `splits`")
        if len(self.splits) > 1 and self.data.split.kind == "column":
            raise ValueError("splits: a column says which rows are for the test, so give one split")
        return self
