"""The user's name."""

import os

value = os.environ.get("USER")
