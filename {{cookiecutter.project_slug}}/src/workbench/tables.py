"""Tables that read well on a terminal and are Markdown as well."""

from collections.abc import Iterable, Sequence
from typing import Any

from tabulate import tabulate


def format_table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Lay out rows below a head, as text that has no line break in a cell."""
    cells = [[" ".join(str(cell).split()).replace("|", "\\|") for cell in row] for row in rows]
    return str(tabulate(cells, head, tablefmt="github", disable_numparse=True))


def flatten(value: Any, *keys: str, lists: bool = True) -> dict[str, Any]:
    """Each value of nested mappings and lists by the keys that lead to it: `log_loss.mean`."""
    items = dict(enumerate(value)) if isinstance(value, list) and lists else value
    if not isinstance(items, dict):
        return {".".join(keys): value}
    parts = (flatten(part, *keys, str(key), lists=lists) for key, part in items.items())
    return {key: leaf for part in parts for key, leaf in part.items()}
