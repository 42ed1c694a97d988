"""What a column of a table holds, and which values are allowed in it."""

from dataclasses import asdict
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, PositiveInt, model_validator
from pydantic.dataclasses import dataclass

Kind = Literal["number", "category", "text", "time", "image", "ignored"]
# What spreadsheets and statistics programs write for a value that is not there
GAPS = ["", "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "NULL", "null", "None", "<NA>"]


def spell(value: Any) -> Any:
    """A category as text: 1 and 1.0 are "1".

    Raises:
        ValueError: YAML has read a word as true or false, so that its spelling is lost.
    """
    if isinstance(value, bool):
        word = "yes, on or true" if value else "no, off or false"
        raise ValueError(f'YAML reads {word} without quotes as a truth value: write it as "…"')
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value) if isinstance(value, int | float) else value


Label = Annotated[str, BeforeValidator(spell)]


@dataclass(config=ConfigDict(extra="forbid", allow_inf_nan=False))
class Column:
    """A column's kind and its rules.

    Attributes:
        kind: `number`; `category`: one of several values, also truth values; `text`: sentences;
            `time`: a date, or a date and time; `image`: pixels; `ignored`: no model sees it.
        minimum: The smallest number that is allowed.
        maximum: The largest number that is allowed.
        values: The categories that are allowed; None: any.
        missing: Whether a value may be missing.
        format: How a time is written (https://docs.rs/chrono/latest/chrono/format/strftime); None:
            as ISO 8601 has it.
        width: The width of an image in pixels.
        height: Its height in pixels.
        channels: The numbers of a pixel: 1, its brightness, or 3, its red, green and blue.
    """

    kind: Kind
    minimum: float | None = None
    maximum: float | None = None
    values: Annotated[list[Label], Field(min_length=1)] | None = None
    missing: bool = False
    format: str | None = None
    width: PositiveInt | None = None
    height: PositiveInt | None = None
    channels: Literal[1, 3] | None = None

    @property
    def shape(self) -> tuple[int, int, int]:
        """The height, width and channels of an image."""
        assert self.height and self.width and self.channels
        return self.height, self.width, self.channels

    def to_facts(self) -> dict[str, Any]:
        """The rules that it has, to be kept with a model."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    @model_validator(mode="after")
    def _fit_the_kind(self) -> "Column":
        for name, kind in {
            "minimum": "number",
            "maximum": "number",
            "values": "category",
            "format": "time",
            "width": "image",
            "height": "image",
            "channels": "image",
        }.items():
            if getattr(self, name) is not None and self.kind != kind:
                raise ValueError(f"`{name}` is a rule for the kind {kind}, not {self.kind}")
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise ValueError("`minimum` should not be greater than `maximum`")
        if self.kind == "image" and not (self.width and self.height and self.channels):
            raise ValueError("an image needs `width`, `height` and `channels`")
        if self.kind == "image" and self.missing:
            raise ValueError("an image cannot be missing")
        if self.values and len(set(self.values)) < len(self.values):
            raise ValueError("`values` should differ from each other")
        return self
