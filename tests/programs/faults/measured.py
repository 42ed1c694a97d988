"""A file of the user's."""

from pathlib import Path

value = Path("data/external/measured.csv").read_text()
