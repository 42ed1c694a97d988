"""Tables that read well on a terminal and are Markdown as well."""

from collections.abc import Iterable, Sequence

from tabulate import tabulate


def format_table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Lay out rows below a head, as text that has no line break in a cell."""
    cells = [[" ".join(str(cell).split()).replace("|", "\\|") for cell in row] for row in rows]
    return str(tabulate(cells, head, tablefmt="github", disable_numparse=True))
