"""The project that a command runs for: found from the current folder, not from this file."""

import hashlib
import subprocess
from pathlib import Path

from .errors import UserError

MARKER = "dvc.yaml"


def find_project(folder: Path | None = None) -> Path:
    """The nearest folder with a pipeline, from `folder` (by default the current one) upwards.

    Raises:
        UserError: There is none.
    """
    start = (folder or Path.cwd()).resolve()
    for candidate in (start, *start.parents):
        if (candidate / MARKER).is_file():
            return candidate
    raise UserError(f"{start} is not in a project: there is no {MARKER} in it or above it.")


def git(*arguments: str, root: Path) -> str | None:
    """The output of a Git command; None where there is no Git or no repository."""
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=root, capture_output=True, check=True, encoding="utf-8"
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()


def hash_text(text: str) -> str:
    """The SHA-256 of a text in UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()
