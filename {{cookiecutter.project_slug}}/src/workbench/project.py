"""The project that a command runs for: found from the current folder, not from this file."""

import hashlib
import logging
import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

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


def run_as_module(file: str) -> NoReturn:
    """Run a script that was started by its path, as an editor's button does, like `python -m`.

    Args:
        file: The script's `__file__`.
    """
    path = Path(file).resolve()
    sources = next(parent for parent in path.parents if parent.name == "src")
    sys.path[0] = str(sources)  # instead of the script's own folder
    os.chdir(sources.parent)
    runpy.run_module(".".join(path.relative_to(sources).with_suffix("").parts), run_name="__main__")
    sys.exit()


def git(*arguments: str, root: Path) -> str | None:
    """The output of a Git command; None where there is no Git or no repository."""
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=root, capture_output=True, check=True, encoding="utf-8"
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()


def mute_advice() -> None:
    """Leave out DVC's advice on `git add` after each stage or file: commands say what is next."""
    logging.getLogger("dvc.repo.scm_context").setLevel(logging.WARNING)


def hash_text(text: str) -> str:
    """The SHA-256 of a text in UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()
