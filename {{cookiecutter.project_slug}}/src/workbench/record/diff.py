"""Two runs of `train_model` side by side: the differences of their records and of their weights.

The exit status is 0 where the models hold the same weights, 1 where they do not.
"""

import argparse
import dataclasses
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UserError
from ..onnx.weights import Values, find_unequal, read_weights
from ..project import find_project
from ..tables import flatten, format_table
from .record import Record, load

COMPARED = ("config", "code", "packages", "machine")


def read_run(folder: Path, root: Path) -> tuple[Record, Values]:
    """Read a run's directory, as `make runs` lists them.

    Returns:
        Its record, and the weights of its model by their names.

    Raises:
        UserError: There is no such run, it trained no model, or a later one has replaced it.
    """
    record = load(folder)
    model = root / record.output / "model.onnx"
    if record.status != "completed" or not record.end or not model.is_file():
        raise UserError(f"{folder} left no model: {record.script}, {record.status}")
    if model.stat().st_mtime > datetime.fromisoformat(record.end).timestamp() + 1:
        raise UserError(f"{folder}: a later run has replaced its model, {model}")
    return record, read_weights(model)


def list_facts(record: Record) -> dict[str, Any]:
    """The values of a record by their keys (`config.seed`); the run's own directory is `.`."""
    values = dataclasses.asdict(record)
    facts = flatten({name: values[name] for name in COMPARED})
    here = str(record.directory.resolve())
    return {key: v.replace(here, ".") if isinstance(v, str) else v for key, v in facts.items()}


def find_differences(first: dict[str, Any], second: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    """The keys whose values differ, with both values; `–` where one has none."""
    return [
        (key, first.get(key, "–"), second.get(key, "–"))
        for key in first | second
        if first.get(key, "–") != second.get(key, "–")
    ]


def describe_weights(first: Values, second: Values) -> list[tuple[str, str]]:
    """The weights that are not the same numbers in both, and how they differ."""
    lines = []
    for name in first | second:
        if name not in first or name not in second:
            lines.append((name, f"only the {'first' if name in first else 'second'} model has it"))
            continue
        a, b = np.asarray(first[name]), np.asarray(second[name])
        if a.shape != b.shape:
            lines.append((name, f"shape {a.shape} and {b.shape}"))
        elif (count := np.sum(find_unequal(a, b))) and np.issubdtype(a.dtype, np.number):
            gap = np.nan_to_num(np.abs(np.subtract(b, a, dtype=np.float64))).max()
            lines.append((name, f"{count} of {a.size} numbers, by up to {gap:.3g}"))
        elif count:
            lines.append((name, f"{count} of {a.size} texts"))
    return lines


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("run1", "run2"):
        parser.add_argument(name, type=Path, help="a run's directory, in outputs/ or multirun/")
    arguments = parser.parse_args()
    try:
        root = find_project()
        first, weights = read_run(arguments.run1, root)
        second, other_weights = read_run(arguments.run2, root)
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    if changed := find_differences(list_facts(first), list_facts(second)):
        print(format_table(("record", "first run", "second run"), changed), end="\n\n")
    if differ := describe_weights(weights, other_weights):
        print(format_table(("weights", "differ in"), differ), end="\n\n")
        print(f"{len(differ)} of {len(weights | other_weights)} weights differ.")
        return 1
    print(f"The same weights: all {len(weights)}, number by number.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
