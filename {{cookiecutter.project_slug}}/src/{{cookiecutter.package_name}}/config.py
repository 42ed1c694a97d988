"""The configuration as types, and scripts that explain a wrong one in a line.

Hydra composes the configuration from `configs/`, whose YAML files hold every default value. The
dataclasses here only say which keys there are, of which type and in which range.
"""

import os
import re
import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any

from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException
from hydra.experimental.callback import Callback
from hydra.types import RunMode
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from polars.exceptions import ComputeError
from pydantic import (
    ConfigDict,
    Field,
    NonNegativeInt,
    PositiveInt,
    TypeAdapter,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic.dataclasses import dataclass

from .errors import UserError

CONFIG_DIR = str(Path(__file__).resolve().parents[2] / "configs")
STRICT = ConfigDict(extra="forbid")
# What Hydra misses, and which extra of pyproject.toml has it
PLUGINS = {"/joblib": "joblib", "/optuna": "optuna", "/submitit_slurm": "slurm"}
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
    split_seed: NonNegativeInt

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
    model: Any  # a `models.protocol.Model`, as `configs/model/` names it
    seed: NonNegativeInt
    seeds: Annotated[list[NonNegativeInt], Field(min_length=2)]
    threads: PositiveInt
    paths: Paths

    @field_validator("seeds")
    @classmethod
    def _differ(cls, seeds: list[int]) -> list[int]:
        if len(set(seeds)) < len(seeds):
            raise ValueError("seeds should differ, or the error bars would be too small")
        return seeds

    @classmethod
    def from_hydra(cls, cfg: DictConfig) -> "Config":
        """Check what Hydra composed and make the model that it names.

        What is no key of this class is the model's: configuration groups of its own.

        Raises:
            UserError: A value has the wrong type or is out of range, or a key is unknown.
        """
        values: dict[str, Any] = OmegaConf.to_container(cfg, resolve=True)  # type: ignore[assignment]
        values.pop("hydra", None)
        parts = {name: values.pop(name) for name in values.keys() - {f.name for f in fields(cls)}}
        try:
            # Its parts are made where it is trained: they import its framework.
            values["model"] = instantiate(
                values["model"], _recursive_=False, _convert_="all", **parts
            )
        except HydraException as error:
            if isinstance(error.__cause__, ValidationError):
                raise UserError(_describe(error.__cause__, "model")) from error
            raise
        try:
            return TypeAdapter(cls).validate_python(values)
        except ValidationError as error:
            raise UserError(_describe(error)) from error


class CheckConfig(Callback):
    """A Hydra callback that stops a run before it starts, where its configuration is wrong.

    The jobs of a sweep check their own, so that Hydra can say which of them it was.
    """

    def on_job_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Exit with one line."""
        if HydraConfig.get().mode is RunMode.RUN:
            try:
                Config.from_hydra(config)
            except UserError as error:
                sys.exit(str(error))


def run(main: Callable[[], object]) -> None:
    """Run a Hydra application; a user's mistake ends it with one line (HYDRA_FULL_ERROR=1: all)."""
    if os.environ.get("HYDRA_FULL_ERROR") == "1":
        main()
        return
    os.environ["HYDRA_FULL_ERROR"] = "1"  # or Hydra would print, and not raise, its errors
    try:
        main()
    except (UserError, HydraException, OmegaConfBaseException, ComputeError) as error:
        missing = str(getattr(error, "missing_cfg_file", None))
        for plugin, extra in PLUGINS.items():
            if missing.endswith(plugin):
                sys.exit(f"{missing} is not installed: run `make setup EXTRAS={extra}`.")
        allowed = getattr(error.__cause__, "parent_node", None)
        hint = f" Allowed here: {', '.join(map(str, allowed))}." if allowed is not None else ""
        text = str(error).partition("\nConfig search path:")[0]
        notes = getattr(error, "__notes__", [])  # of a run in a sweep
        sys.exit(" ".join([*text.split(), *notes]) + hint)
    except RuntimeError as error:
        # Of Slurm: the error's class is only known where the launcher is installed.
        if not re.search("submitit|slurm", f"{type(error).__module__} {error}"):
            raise
        others = "\nThe jobs after it go on: see `squeue`, and then `make runs`."
        sys.exit(str(error) + others * (type(error).__name__ == "UncompletedJobError"))
    except OSError as error:
        sys.exit(f"{error.filename}: {error.strerror}" if error.filename else str(error))
    except KeyboardInterrupt:
        sys.exit(130)  # as shells say it: 128 + SIGINT


def _describe(error: ValidationError, *prefix: str) -> str:
    """Each wrong value of a validation in one line: its key, what is allowed, what it was."""
    return "; ".join(
        f"{'.'.join(map(str, (*prefix, *detail['loc'])))}: {detail['msg']}"
        + ("" if isinstance(detail["input"], dict) else f", got {detail['input']!r}")
        for detail in error.errors()
    )
