"""The width of the terminal."""

import os

value = os.environ.get("COLUMNS", "80")
