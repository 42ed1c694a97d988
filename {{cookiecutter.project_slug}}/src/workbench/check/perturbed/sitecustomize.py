"""Python runs this file at startup if it is on the path, where `make reproduce` puts it.

It changes, in every process of the pipeline, what no environment variable can change.
"""

import os
from collections.abc import Iterator
from typing import Any

CHANGES = os.environ.get("REPRODUCE_CHANGES", "").split(",")


class Entries:
    """What `os.scandir` returns, in the opposite order."""

    def __init__(self, entries: Any) -> None:
        with entries:
            self._entries = iter(list(entries)[::-1])

    def __iter__(self) -> Iterator[Any]:
        return self._entries

    def __next__(self) -> Any:
        return next(self._entries)

    def __enter__(self) -> "Entries":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Nothing is open any more."""


if "umask" in CHANGES:
    os.umask(0o077)

if "cpus" in CHANGES and hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

if "file_order" in CHANGES:
    listdir, scandir = os.listdir, os.scandir
    os.listdir = lambda *path: listdir(*path)[::-1]  # type: ignore[assignment]
    os.scandir = lambda *path: Entries(scandir(*path))  # type: ignore[assignment]

if "entropy" in CHANGES:
    # If two runs of a stage differ, but not with this, a random number was not seeded.
    os.urandom = lambda size: bytes(size)
    import random

    random.seed(0)
