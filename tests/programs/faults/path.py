"""The folder that the project lies in."""

from pathlib import Path

value = str(Path("data").resolve())
