"""The tests of the template's tools: `workbench/`, run on a generated project with its own packages."""

import re
from pathlib import Path

import pytest
from support import ROOT, in_project, once, path_of, sh


@pytest.mark.slow
@in_project
@once
@pytest.mark.parametrize(
    "marked", ["not exhaustive", pytest.param("exhaustive", marks=pytest.mark.exhaustive)]
)
def test_the_workbench(project: Path, marked: str) -> None:
    """What fails is in pytest's own output."""
    done = sh(f"python -m pytest -q '{ROOT}/tests/workbench' -m '{marked}'", project, PATH=path_of(project))
    assert re.search(r"\d+ passed", done.stdout)
