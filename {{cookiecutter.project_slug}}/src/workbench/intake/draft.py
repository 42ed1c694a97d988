"""The files that describe a data set: its configuration, and its data dictionary."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from ..tables import format_table
from .look import Look
from .problems import Target
from .sniff import Dialect


@dataclass(frozen=True)
class Draft:
    """What is written and said of a file or a folder."""

    configuration: str
    dictionary: str
    table: str
    notes: list[str]


def make_configuration(
    name: str,
    source: str,
    looks: Mapping[str, Look],
    target: Target,
    split: Mapping[str, Any],
    dialect: Dialect,
) -> str:
    """The text of `configs/data/<name>.yaml`."""
    content: dict[str, Any] = {"name": name, "source": source}
    for key, default in {"separator": ",", "decimal": ".", "encoding": "utf-8"}.items():
        if (value := getattr(dialect, key)) != default:
            content[key] = value
    lines = ["# A draft of `make use`: read it, and change what is wrong. Rules: docs/data.md"]
    lines += [_dump(content), "columns:"]
    for column, look in looks.items():
        if column != target.column:
            lines.append("  " + _dump_inline({column: _describe(look)}))
    parts: dict[str, Any] = {
        "column": target.column,
        "kind": "number" if target.task == "regression" else "category",
    }
    if target.values is not None:
        parts["values"] = target.values
    if target.positive is not None:
        parts["positive"] = target.positive
    if target.drops:
        parts["missing"] = "drop"
    lines += ["", "target:", *("  " + _dump_inline({key: value}) for key, value in parts.items())]
    split = {**split, "validation_fraction": 0.2, "test_fraction": 0.2}
    lines += ["", "split:", *("  " + _dump_inline({key: value}) for key, value in split.items())]
    return "\n".join(lines) + "\n"


def make_dictionary(name: str, origin: str, looks: Mapping[str, Look], target: Target) -> str:
    """The text of `references/<name>.md`, which a person completes."""
    rows = []
    for column, look in looks.items():
        kind = "target" if column == target.column else look.column.kind
        private = kind in ("ignored", "text")
        rows.append((f"`{column}`", kind, "" if private else look.shown, "…"))
    return "\n".join(
        [
            f"# Data dictionary: {name}",
            "",
            f"Source: … ({origin}: who made it, when, under which licence)",
            "",
            format_table(("column", "kind", "range or values", "meaning"), rows),
            "",
        ]
    )


def describe(looks: Mapping[str, Look], target: Target, n_rows: int, used: Sequence[str]) -> str:
    """A table of what was seen and decided."""
    rows = []
    for column, look in looks.items():
        kind = look.column.kind
        use = "target" if column == target.column else "used" if column in used else "not used"
        gaps = f"{look.gaps / n_rows:.0%}" if look.gaps else ""
        rows.append((column, kind, gaps, look.shown, use, look.why))
    return format_table(("column", "kind", "gaps", "range or values", "use", "why"), rows)


def _describe(look: Look) -> dict[str, Any]:
    facts = look.column.to_facts()
    if not facts["missing"]:
        del facts["missing"]
    return {"kind": "ignored"} if facts["kind"] == "ignored" else facts


def _dump(content: Mapping[str, Any]) -> str:
    return str(yaml.safe_dump(dict(content), allow_unicode=True, sort_keys=False, width=100))


def _dump_inline(content: Mapping[str, Any]) -> str:
    """One line of YAML: `key: {a: 1, b: [x, y]}`."""
    text = yaml.safe_dump(
        dict(content), allow_unicode=True, sort_keys=False, default_flow_style=True, width=10**9
    )
    return str(text).strip().removeprefix("{").removesuffix("}")
