"""All recorded runs in one table, newest first: `make runs`."""

import json
from pathlib import Path
from typing import Any

from .surroundings import ROOT, format_commit
from .tables import format_table

HEAD = ("when (UTC)", "script", "overrides", "seed", "commit", "status", "seconds", "metrics")


def read_runs(root: Path = ROOT) -> list[dict[str, Any]]:
    """Read every record below `outputs/` and `multirun/`, newest first."""
    runs = read_records(root / "outputs") + read_records(root / "multirun")
    return sorted(runs, key=lambda run: str(run["start"]), reverse=True)


def read_records(folder: Path) -> list[dict[str, Any]]:
    """Read every record below a folder."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("**/run.json")]


def read_checks(root: Path = ROOT) -> list[dict[str, Any]]:
    """Read what every reproduction check found, the last one last."""
    paths = (root / "outputs" / "reproduce").glob("*/reproduction.json")
    checks = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    return sorted(checks, key=lambda check: str(check["date"]))


def describe_run(run: dict[str, Any]) -> list[str]:
    """The cells of a run's row."""
    seconds = run.get("wall_seconds")
    return [
        run["start"][:19].replace("T", " "),
        run["script"],
        " ".join(run["overrides"]),
        "" if run["seed"] is None else str(run["seed"]),
        format_commit(run["code"], length=7),
        "not finished" if run["status"] == "running" else run["status"],
        "" if seconds is None else f"{seconds:.2f}",
        _describe_metrics(run),
    ]


def _describe_metrics(run: dict[str, Any]) -> str:
    if run.get("error"):
        return str(run["error"])
    numbers = {
        name: value["mean"] if isinstance(value, dict) else value
        for name, value in (run.get("metrics") or {}).items()
    }
    return " ".join(f"{name}={value:.4g}" for name, value in numbers.items())


def main() -> None:
    """Print the table. A `+` after a commit: files differed from it."""
    runs = read_runs()
    print(format_table(HEAD, map(describe_run, runs)) if runs else "No run is recorded yet.")


if __name__ == "__main__":
    main()
