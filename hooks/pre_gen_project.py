"""Stop before anything is written: a replay file skips the questions, and a disk may be full."""

import sys

obstacles = {{ cookiecutter|obstacles|quoted }}  # found out while this file is rendered
if obstacles:
    sys.exit(obstacles)
