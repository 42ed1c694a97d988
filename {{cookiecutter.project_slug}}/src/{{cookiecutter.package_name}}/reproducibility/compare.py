"""Two runs of `train_model` side by side: what of their records differs, and which weights.

The exit status is 0 where the models hold the same weights, 1 where they do not.
"""

import argparse
import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UserError
from .surroundings import ROOT
from .tables import flatten, format_table
from .verdicts import Values, read_weights

COMPARED = ("config", "code", "packages", "machine")


def read_run(folder: Path) -> tuple[dict[str, Any], Values]:
    """Read a run's directory, as `make runs` lists them.

    Returns:
        The facts of its record by their keys (`config.seed`), in which the directory's own path is
        `.`; and the weights of its model by their names.

    Raises:
        UserError: There is no such run, it trained no model, or a later one has replaced it.
    """
    path = folder / "run.json"
    if not path.is_file():
        raise UserError(f"{folder} is no directory of a run: {path.name} is not there")
    record = json.loads(path.read_text(encoding="utf-8"))
    model = ROOT / record["config"]["paths"]["output"] / "model.onnx"
    if record["status"] != "completed" or not model.is_file():
        raise UserError(f"{folder} left no model: {record['script']}, {record['status']}")
    if model.stat().st_mtime > datetime.fromisoformat(record["end"]).timestamp() + 1:
        raise UserError(f"{folder}: a later run has replaced its model, {model}")
    facts = flatten({name: record[name] for name in COMPARED})
    here = str(folder.resolve())
    own = {key: v.replace(here, ".") if isinstance(v, str) else v for key, v in facts.items()}
    return own, read_weights(model)


def find_differences(first: dict[str, Any], second: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    """The keys whose values differ, with both values; `–` where one has none."""
    return [
        (key, first.get(key, "–"), second.get(key, "–"))
        for key in first | second
        if first.get(key, "–") != second.get(key, "–")
    ]


def describe_weights(first: Values, second: Values) -> list[tuple[str, str]]:
    """The weights that are not the same numbers in both, and in what they differ."""
    lines = []
    for name in first | second:
        if name not in first or name not in second:
            lines.append((name, f"only the {'first' if name in first else 'second'} model has it"))
            continue
        a, b = np.asarray(first[name]), np.asarray(second[name])
        if a.shape != b.shape:
            lines.append((name, f"shape {a.shape} and {b.shape}"))
        elif not np.array_equal(a, b):
            gap = np.abs(np.subtract(b, a, dtype=np.float64)).max()
            lines.append((name, f"{np.sum(a != b)} of {a.size} numbers, by up to {gap:.3g}"))
    return lines


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("run1", "run2"):
        parser.add_argument(name, type=Path, help="a run's directory, in outputs/ or multirun/")
    arguments = parser.parse_args()
    try:
        (facts, weights), (others, other_weights) = map(read_run, (arguments.run1, arguments.run2))
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    if changed := find_differences(facts, others):
        print(format_table(("record", "first run", "second run"), changed), end="\n\n")
    if differ := describe_weights(weights, other_weights):
        print(format_table(("weights", "differ in"), differ), end="\n\n")
        print(f"{len(differ)} of {len(weights | other_weights)} weights differ.")
        return 1
    print(f"The same weights: all {len(weights)}, number by number.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
