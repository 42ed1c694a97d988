"""Run scripts with Hydra, and report a user's mistake in one line."""

import os
import re
import sys
from collections.abc import Callable, Collection
from dataclasses import fields
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.core.utils import JobReturn
from hydra.errors import HydraException
from hydra.experimental.callback import Callback
from hydra.types import RunMode
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from polars.exceptions import ComputeError
from pydantic import TypeAdapter, ValidationError

from workbench.errors import UserError, describe_os_error
from workbench.files import name_folder
from workbench.pipeline.stage import Stage, check_choices, find_stage
from workbench.project import find_project
from workbench.record.callback import find_error
from workbench.record.resume import find_completed

from .config import Config

ROOT = Path(__file__).resolve().parents[2]  # paths of the configuration are relative to it
CONFIG_DIR = str(ROOT / "configs")
OmegaConf.register_new_resolver("name_folder", name_folder, replace=True)
# What Hydra cannot find unless an extra of pyproject.toml is installed; that extra
PLUGINS = {"/joblib": "joblib", "/optuna": "optuna", "/submitit_slurm": "slurm"}


def load_config(cfg: DictConfig) -> Config:
    """Check what Hydra composed, and create the model that it configures.

    A key that is not a field of `Config` is a group of the model's own, and is passed to it.

    Raises:
        UserError: A value has the wrong type or is out of range, or a key is unknown.
    """
    values: dict[str, Any] = OmegaConf.to_container(cfg, resolve=True)  # type: ignore[assignment]
    values.pop("hydra", None)
    if not values.get("model"):
        raise UserError("model: name an option of configs/model/, such as model=mlp")
    parts = {name: values.pop(name) for name in list_parts(cfg)}
    try:
        # Its parts are created only for training, since they import its framework.
        values["model"] = instantiate(values["model"], _recursive_=False, _convert_="all", **parts)
    except HydraException as error:
        if isinstance(error.__cause__, ValidationError):
            raise UserError(_describe(error.__cause__, "model", parts=parts)) from error
        raise
    try:
        return TypeAdapter(Config).validate_python(values)
    except ValidationError as error:
        raise UserError(_describe(error)) from error


def list_parts(cfg: DictConfig) -> list[str]:
    """The groups that are parts of the model: those that `Config` has no field for."""
    names = {field.name for field in fields(Config)} | {"hydra"}
    return sorted(str(name) for name in cfg if name not in names)


class TrackedConfig:
    """The configuration as a stage of DVC may use it: the values that the stage tracks."""

    def __init__(self, config: Config, stage: Stage, parts: list[str]) -> None:
        self._config, self._stage, self._parts = config, stage, parts

    def __getattr__(self, name: str) -> Any:
        """Return the value; raise a UserError if a change of it would go unnoticed."""
        for used in (name, *(self._parts if name == "model" else ())):
            if used != "paths" and not self._stage.tracks(used, ROOT):
                raise UserError(self._stage.explain(used, ROOT))
        return getattr(self._config, name)


class OneLine(Callback):
    """A Hydra callback that ends a run with one line if its configuration is wrong, or if it fails.

    It does nothing for the jobs of a sweep, so that Hydra can say which of them it was.
    """

    def on_job_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Check the configuration before the script starts."""
        if HydraConfig.get().mode is RunMode.RUN:
            try:
                load_config(config)
                if stage := find_stage(ROOT):
                    check_choices(stage, HydraConfig.get().runtime.choices, ROOT)
            except UserError as error:
                sys.exit(str(error))

    def on_job_end(self, config: DictConfig, job_return: JobReturn, **kwargs: Any) -> None:
        """Exit before Hydra prints the overrides, which the user has just typed."""
        error = find_error(job_return)
        if HydraConfig.get().mode is RunMode.RUN and isinstance(error, UserError):
            sys.exit(str(error))


def run_job(script: Callable[[Config], Any], cfg: DictConfig) -> Any:
    """Run a script with what Hydra composed, unless its sweep has completed this run before.

    Returns:
        What the script returns: a sweeper minimises it.
    """
    if completed := find_completed(cfg):
        return completed.returned
    os.chdir(ROOT)  # Hydra may have changed the folder, and a launcher started elsewhere
    config: Any = load_config(cfg)
    if stage := find_stage(ROOT):
        config = TrackedConfig(config, stage, list_parts(cfg))
    return script(config)


def run(main: Callable[[], object]) -> None:
    """Run a Hydra application; a user's mistake ends it with one line (HYDRA_FULL_ERROR=1: all)."""
    if os.environ.get("HYDRA_FULL_ERROR") == "1":
        _enter_project()
        main()
        return
    os.environ["HYDRA_FULL_ERROR"] = "1"  # or Hydra would print its errors, and not raise them
    try:
        _enter_project()
        main()
    except (UserError, HydraException, OmegaConfBaseException, ComputeError) as error:
        sys.exit(_explain(error))
    except RuntimeError as error:
        # The class of Slurm's errors is only known where the launcher is installed.
        if not re.search("submitit|slurm", f"{type(error).__module__} {error}"):
            raise
        others = "\nThe jobs after it go on: see `squeue`, and then `make runs`."
        sys.exit(str(error) + others * (type(error).__name__ == "UncompletedJobError"))
    except OSError as error:
        sys.exit(describe_os_error(error))
    except ValueError as error:
        if "Config group override" not in str(error):  # Hydra's, for model=null
            raise
        sys.exit(f"A configuration group needs the name of one of its options. {error}")
    except MemoryError as error:
        sys.exit(f"There is not enough memory: {error}")
    except KeyboardInterrupt:
        sys.exit(130)  # as in shells: 128 + SIGINT


def _enter_project() -> None:
    """Run in the project's folder, wherever the script was started.

    Raises:
        UserError: It was started outside the project.
    """
    if (here := find_project()) != ROOT:
        raise UserError(f"{here} is another project than {ROOT}, which this script belongs to.")
    os.chdir(ROOT)
    if not os.environ.get("TRACKER", "none"):
        del os.environ["TRACKER"]  # set, but empty


def _explain(error: Exception) -> str:
    """An error of Hydra's or of the configuration in one line."""
    missing = str(getattr(error, "missing_cfg_file", None))
    for plugin, extra in PLUGINS.items():
        if missing.endswith(plugin):
            return f"{missing} is not installed: run `make setup EXTRAS={extra}`."
    allowed = getattr(error.__cause__, "parent_node", None)
    hint = f" Allowed here: {', '.join(map(str, allowed))}." if allowed is not None else ""
    text = str(error).partition("\nConfig search path:")[0]
    notes = getattr(error, "__notes__", [])  # the notes of a run in a sweep
    return " ".join([*text.split(), *notes]) + hint


def _describe(error: ValidationError, *prefix: str, parts: Collection[str] = ()) -> str:
    """Describe all invalid values in one line: key, what is allowed, what was given."""
    lines = []
    for detail in error.errors():
        if detail["type"] == "unexpected_keyword_argument" and detail["loc"][0] in parts:
            name = detail["loc"][0]
            lines.append(f"{name}: neither `Config` in config.py nor the model has such a field")
            continue
        simple = detail["type"] != "missing" and not isinstance(detail["input"], dict)
        got = f", got {detail['input']!r}" if simple else ""
        key = ".".join(map(str, (*prefix, *detail["loc"])))
        lines.append(f"{key}: {detail['msg']}{got}")
    return "; ".join(lines)
