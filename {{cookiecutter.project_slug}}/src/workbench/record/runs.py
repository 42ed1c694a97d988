"""All recorded runs in one table, newest first: `make runs`."""

import json
import logging
import sys
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..project import find_project
from ..tables import format_table
from .record import FILE, Record, load

log = logging.getLogger(__name__)

HEAD = ("when (UTC)", "script", "overrides", "seed", "commit", "status", "seconds", "metrics")


def read_runs(root: Path) -> list[Record]:
    """Read every record below `outputs/` and `multirun/` of a project, newest first."""
    runs = read_records(root / "outputs") + read_records(root / "multirun")
    return sorted(runs, key=lambda run: run.start, reverse=True)


def read_records(folder: Path) -> list[Record]:
    """Read every record below a folder; one that cannot be read is named in a warning."""
    records = []
    for path in folder.glob(f"**/{FILE}"):
        try:
            records.append(load(path.parent))
        except UserError as error:
            log.warning("%s", error)
    return records


def read_checks(root: Path) -> list[dict[str, Any]]:
    """Read what every reproduction check of a project found, the last one last."""
    paths = (root / "outputs" / "reproduce").glob("*/reproduction.json")
    checks = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    return sorted(checks, key=lambda check: str(check["date"]))


def describe_run(run: Record) -> list[str]:
    """The cells of a run's row."""
    return [
        run.start[:19].replace("T", " "),
        run.script,
        " ".join(run.overrides),
        "" if run.seed is None else str(run.seed),
        run.code.describe(length=7),
        "not finished" if run.status == "running" else run.status,
        "" if run.wall_seconds is None else f"{run.wall_seconds:.2f}",
        run.error or _describe_metrics(run.metrics or {}),
    ]


def _describe_metrics(metrics: dict[str, Any]) -> str:
    numbers = {
        name: value.get("mean") if isinstance(value, dict) else value
        for name, value in metrics.items()
    }
    return " ".join(f"{n}={v:.4g}" for n, v in numbers.items() if isinstance(v, int | float))


def main() -> None:
    """Print the table. A `+` after a commit: files differed from it."""
    try:
        runs = read_runs(find_project())
    except UserError as error:
        sys.exit(str(error))
    print(format_table(HEAD, map(describe_run, runs)) if runs else "No run is recorded yet.")


if __name__ == "__main__":
    main()
