"""What is predicted, in the form that models and their files use."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.errors import UserError

from ..config import Target

if TYPE_CHECKING:
    from workbench.onnx.merge import Classes, Scale

WORDS = {True: ("yes", "true", "on"), False: ("no", "false", "off")}  # truth values in YAML


@dataclass(frozen=True)
class Problem:
    """A classification or a regression.

    Attributes:
        column: The target.
        classes: Their labels; empty if a number is predicted.
        positive: The index of the positive class, of two.
        threshold: The lowest probability at which it is predicted.
        mean: Mean of the target in the training split, if it is a number.
        deviation: Its standard deviation there.
    """

    column: str
    classes: Sequence[str] = ()
    positive: int | None = None
    threshold: float = 0.5
    mean: float = 0.0
    deviation: float = 1.0

    @property
    def task(self) -> str:
        """`classification` or `regression`."""
        return "classification" if self.classes else "regression"

    @cached_property
    def labels(self) -> dict[str, str | int]:
        """For each class, its label in the data: a whole number or a text."""
        whole = all(re.fullmatch(r"0|-?[1-9]\d*", label) for label in self.classes)
        return {label: int(label) if whole else label for label in self.classes}

    @property
    def head(self) -> Classes | Scale:
        """The end of a model's graph."""
        from workbench.onnx.merge import Classes, Scale  # not needed where models are only read

        if self.classes:
            return Classes(self.classes, self.positive, self.threshold)
        return Scale(self.mean, self.deviation)

    def encode(self, target: pl.Series) -> NDArray[Any]:
        """Encode the target for models: class indices, int64, or scaled numbers, float32."""
        if not self.classes:
            return np.asarray((target.to_numpy() - self.mean) / self.deviation, dtype=np.float32)
        places = {label: place for place, label in enumerate(self.classes)}
        return target.replace_strict(places, return_dtype=pl.Int64).to_numpy()

    def to_facts(self) -> dict[str, Any]:
        """The facts about the problem that a model file keeps."""
        return asdict(self)


def find_problem(target: Target, train: pl.Series) -> Problem:
    """Find what is predicted from the configuration and the training split's target.

    Raises:
        UserError: The training split lacks a class, or there is no such positive class.
    """
    if target.kind == "number":
        values = train.to_numpy()  # Polars' sums depend on the number of threads
        mean, deviation = float(values.mean()), float(values.std()) or 1.0
        return Problem(target.column, mean=mean, deviation=deviation)
    found = set(train.unique())
    classes = target.values or sorted(found, key=_order)
    if absent := [label for label in classes if label not in found]:
        raise UserError(
            f"The training split has no row of the class {', '.join(absent)}: change data.split."
        )
    positive = _find_positive(target.positive, classes)
    return Problem(target.column, classes, positive, target.threshold)


def _find_positive(positive: str | bool | int | None, classes: Sequence[str]) -> int | None:
    if positive is None:
        return None
    spellings = WORDS[positive] if isinstance(positive, bool) else (str(positive),)
    places = [i for i, label in enumerate(classes) if label in spellings]
    if isinstance(positive, bool) and not places:
        places = [i for i, label in enumerate(classes) if label.lower() in spellings]
    if len(places) != 1 or len(classes) != 2:
        raise UserError(
            f"data.target.positive: {positive} is not one of two classes, but these are: "
            f"{', '.join(classes)}"
        )
    return places[0]


def _order(label: str) -> tuple[float, str]:
    """Numbers by their value, before other labels."""
    try:
        return float(label), label
    except ValueError:
        return float("inf"), label
