"""The record of a run: what `run.json` holds, in one place."""

import csv
import dataclasses
import json
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from ..errors import UserError
from ..files import write_text
from ..tables import flatten

VERSION = 1  # of the schema; older records have no number, but the same keys
FILE = "run.json"

Status = Literal["running", "completed", "failed", "interrupted"]


@dataclass(frozen=True)
class Code:
    """The Git commit, and whether files differed from it."""

    commit: str | None
    branch: str | None
    dirty: bool | None
    diff_sha256: str | None  # of the differences, None if there were none

    def describe(self, length: int | None = None) -> str:
        """The commit, cut to a length; `+` if files differed from it; empty without a commit."""
        return (self.commit or "")[:length] + ("+" if self.dirty else "")


@dataclass(frozen=True)
class Packages:
    """The lock, and the installed packages that differ from it."""

    lock_sha256: str | None
    differ: dict[str, tuple[str, str | None]]  # installed and locked version; None: not in the lock


@dataclass(frozen=True)
class Machine:
    """The machine that the run used."""

    hostname: str
    python: str
    platform: str
    cpu: str
    cpu_count: int | None
    memory: int  # bytes
    gpus: list[str]
    variables: dict[str, str]  # of numerical libraries: some change how numbers are rounded


@dataclass(frozen=True)
class Sweep:
    """The sweep that the run was a job of."""

    sweeper: str
    launcher: str
    study: str | None
    direction: str | None  # `minimize` or `maximize`
    directory: str | None = None


@dataclass(frozen=True)
class Tracked:
    """The same run in a tracker, or why it is not there."""

    tracker: str
    run: str | None
    error: str | None


@dataclass(frozen=True)
class Record:
    """A run. The fields after `status` are known only at its end."""

    directory: Path  # where the record lies; not part of the file
    script: str
    command: list[str]
    overrides: list[str]
    config: dict[str, Any]
    seed: int | None
    sweep: Sweep | None
    start: str  # times: ISO 8601, UTC
    pid: int
    code: Code
    packages: Packages
    machine: Machine
    status: Status = "running"
    heartbeat: str | None = None  # when the run was last seen alive
    end: str | None = None
    wall_seconds: float | None = None
    cpu_seconds: float | None = None
    peak_memory: int | None = None  # bytes
    metrics: dict[str, Any] | None = None
    artifacts: list[str] = field(default_factory=list)  # files in the output folder
    returned: Any = None
    error: str | None = None
    traceback: str | None = None
    tracking: Tracked | None = None
    energy_kwh: float | None = None
    co2_kg: float | None = None
    schema_version: int = VERSION

    @property
    def name(self) -> str:
        """The script and the folder of the run: when it ran or, in a sweep, its overrides."""
        return f"{self.script}/{self.directory.name}"

    @property
    def parameters(self) -> dict[str, Any]:
        """Each value of the configuration by its key: `model.batch_size`."""
        return flatten(self.config, lists=False)

    @property
    def output(self) -> Path:
        """The folder that the run wrote to, as its configuration names it."""
        return Path(self.config["paths"]["output"])

    @property
    def seconds(self) -> float:
        """How long the run took; if it did not finish, until it was last seen alive."""
        if self.wall_seconds is not None:
            return self.wall_seconds
        start, last = map(datetime.fromisoformat, (self.start, self.heartbeat or self.start))
        return (last - start).total_seconds()

    @property
    def steps(self) -> list[tuple[int, dict[str, float]]]:
        """The metrics of each step: the learning curve, then what else the script measured."""
        curve = self._find("learning_curve.csv")
        rows = csv.DictReader(curve.read_text(encoding="utf-8").splitlines()) if curve else []
        steps = [(int(row.pop("step")), {k: float(v) for k, v in row.items()}) for row in rows]
        last, known = steps[-1] if steps else (0, {})
        numbers = {
            name: float(value)
            for name, value in flatten(self.metrics or {}).items()
            if isinstance(value, int | float) and name not in known
        }
        return [*steps, (last, numbers)] if numbers else steps

    @property
    def files(self) -> list[Path]:
        """The record, and the model if the run trained one."""
        model = self._find("model.onnx")
        return [self.directory / FILE, *([model] if model else [])]

    def _find(self, name: str) -> Path | None:
        return self.output / name if name in self.artifacts else None


def write(record: Record) -> None:
    """Write `run.json`, whole or not at all, so that nobody reads half of one."""
    values = dataclasses.asdict(record)
    del values["directory"]
    text = json.dumps(values, indent=2, ensure_ascii=False, default=str)
    write_text(record.directory / FILE, text + "\n")


def load(directory: Path) -> Record:
    """Read the record in a run's directory.

    Raises:
        UserError: There is none, it is of a newer version than this, or it is no record.
    """
    from pydantic import TypeAdapter, ValidationError  # not where records are only written

    path = directory / FILE
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        version = values.get("schema_version", 0)
        if version > VERSION:
            raise UserError(f"{path} has version {version}; this project reads up to {VERSION}.")
        return TypeAdapter(Record).validate_python({**values, "directory": directory})
    except OSError as error:
        raise UserError(f"{directory} is not the directory of a run: no {FILE} in it.") from error
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        raise UserError(f"{path} is not a record of a run: {key}: {first['msg']}.") from error
    except (ValueError, AttributeError, TypeError) as error:
        raise UserError(f"{path} is not a record of a run: {error}.") from error
