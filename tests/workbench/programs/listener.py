"""A tracker that remembers what it hears, and fails where it should."""

from typing import ClassVar

from workbench.errors import UserError
from workbench.record.record import Record


class Listener:
    """Hears of runs."""

    name = "listener"
    heard: ClassVar[list[tuple[str, Record | str | None]]] = []

    def __init__(self, fails: str = "") -> None:
        self._fails = fails

    def connect(self, sweep: str | None) -> None:
        if self._fails == "connect":
            raise UserError("tracker=listener: nobody is there")
        self.heard.append(("connect", sweep))

    def start(self, record: Record) -> str:
        self._hear("start", record)
        return "7"

    def finish(self, record: Record) -> None:
        self._hear("finish", record)

    def _hear(self, step: str, record: Record) -> None:
        self.heard.append((step, record))
        if self._fails == step:
            raise RuntimeError("wrapped") from ConnectionError("the line is dead\nfor good")
