"""Files as the folder lists them."""

from pathlib import Path

value = [path.name for path in Path("configs").iterdir()]
