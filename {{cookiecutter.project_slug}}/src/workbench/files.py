"""Files that are replaced as a whole, never modified in place."""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

LONGEST = 120  # of a folder's name in bytes; file systems allow 255


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Write a file whole or not at all: gives the path to write to, which then replaces `path`.

    What was there stays if something is raised. Writing into the old file could reach DVC's cache,
    which may share the file by a link.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    try:
        yield part
        part.replace(path)
    except OSError as error:
        error.filename = str(path)  # the file that is meant, in the message
        raise
    finally:
        with suppress(OSError):  # a disk that cannot be written has no part
            part.unlink()


def write_text(path: Path, text: str) -> None:
    """Replace a text file: UTF-8, and the same line ends on every platform."""
    with replacing(path) as part:  # what is not text, as in some file names, is escaped
        part.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")


def name_folder(text: str) -> str:
    """A text as a folder's name on every platform: a long one is cut, and ends in its hash."""
    name = re.sub(r'[/\\:*?"<>|\s]+', "_", text)
    if len(name.encode()) <= LONGEST:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:12]
    return name.encode()[: LONGEST - 13].decode(errors="ignore") + f"-{digest}"
