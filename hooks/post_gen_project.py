"""Put the chosen parts in place, make the Git repository and the first commit, and say what is next."""

import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path

TEMPLATE = {{ here() }}
ANSWERS = {{ cookiecutter|texts }}
NEXT = """
  cd {{ cookiecutter.project_slug }}
  make setup    # .venv: Python {{ cookiecutter.python_version }} and {{ cookiecutter.framework }}, locked
  make all      # run the pipeline, print the metrics: about a minute
  make help     # everything else
"""
sys.path[:0] = [f"{TEMPLATE}/hooks", f"{TEMPLATE}/overlays"]
from first_commit import start_repository
from overlays import place

try:
    Path("UNFINISHED.md").unlink()
    choices = ["framework/{{ cookiecutter.framework }}", "license/{{ cookiecutter.license }}"]
    place(choices, {{ cookiecutter.__exercises|exercise_numbers }}, ANSWERS)
    for folder in ("docs", "src", "tests"):  # Python may have compiled files in those of the template
        for cache in list(Path(folder).rglob("__pycache__")):
            shutil.rmtree(cache)
except OSError as error:
    sys.exit(f"{error.filename}: {error.strerror}")
done = start_repository(ANSWERS["author_name"], ANSWERS["author_email"])
with suppress(OSError):  # The project is complete even if this cannot be printed.
    os.write(1, f"Created {Path.cwd().name}: {done}\n{NEXT}".encode("utf-8", "surrogateescape"))
