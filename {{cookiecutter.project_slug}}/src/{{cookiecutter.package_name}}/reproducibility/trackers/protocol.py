"""What every tracker does, and what it is given."""

import csv
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from ...errors import UserError
from ..surroundings import format_commit
from ..tables import flatten


@dataclass(frozen=True)
class Run:
    """A run, as its record tells of it."""

    record: dict[str, Any]
    directory: Path  # where the record lies, as `run.json`
    sweep: str | None  # the directory of the sweep that the run is a job of

    @property
    def name(self) -> str:
        """The script, and when it ran or, in a sweep, with which overrides."""
        return f"{self.record['script']}/{self.directory.name}"

    @property
    def params(self) -> dict[str, Any]:
        """Each value of the configuration by its key: `model.batch_size`."""
        return flatten(self.record["config"], lists=False)

    @property
    def commit(self) -> str:
        """The Git commit, with a `+` where files differed from it; empty without one."""
        return format_commit(self.record["code"])

    @property
    def metrics(self) -> list[tuple[int, dict[str, float]]]:
        """The metrics of each step: the learning curve, then what else the script measured."""
        curve = self._find("learning_curve.csv")
        rows = csv.DictReader(curve.read_text(encoding="utf-8").splitlines()) if curve else []
        steps = [(int(row.pop("step")), {k: float(v) for k, v in row.items()}) for row in rows]
        last, known = steps[-1] if steps else (0, {})
        others = flatten(self.record.get("metrics") or {})
        numbers = {
            name: float(value)
            for name, value in others.items()
            if isinstance(value, int | float) and name not in known
        }
        return [*steps, (last, numbers)] if numbers else steps

    @property
    def files(self) -> list[Path]:
        """The record, and the model where the run trained one."""
        model = self._find("model.onnx")
        return [self.directory / "run.json", *([model] if model else [])]

    def _find(self, name: str) -> Path | None:
        """A file that the run wrote."""
        written = name in self.record.get("artifacts", [])
        return Path(self.record["config"]["paths"]["output"], name) if written else None


class Tracker(Protocol):
    """A tracker that `configs/tracker/*.yaml` names."""

    name: str  # of its package, its extra and its file there

    def connect(self, sweep: str | None) -> None:
        """See that the tool is there, before a run or a sweep of that directory starts.

        Raises:
            UserError: It is not installed, or does not answer within seconds.
        """
        ...

    def start(self, run: Run) -> str:
        """Show that a run has started.

        Returns:
            How the tool calls it.
        """
        ...

    def finish(self, run: Run) -> None:
        """Hand over how the run ended, its metrics and its files."""
        ...


def load(name: str) -> Any:
    """Import a tracker's package.

    Raises:
        UserError: It is not installed.
    """
    try:
        module = import_module(name)
    except ImportError:
        module = None
    if module is None or module.__file__ is None:  # a folder that is called like it is no package
        raise UserError(
            f"tracker={name}: {name} is not installed: `make setup EXTRAS={name}`"
        ) from None
    return module


def find_reason(error: BaseException) -> str:
    """What an error came of, in a line: the tools wrap theirs in several of their own."""
    while cause := error.__cause__ or error.__context__:
        error = cause
    return f"{type(error).__name__}: {error}".partition("\n")[0]
