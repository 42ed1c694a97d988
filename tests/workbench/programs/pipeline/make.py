"""Write a table with a number that is larger for one user."""

import os
from pathlib import Path

change = float(Path("change.txt").read_text())
value = 1 + change * (os.environ.get("USER") == "somebody")
Path("table.csv").write_text(f"value\n{value}\n")
