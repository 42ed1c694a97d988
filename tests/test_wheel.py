"""The wheel of a generated project."""

from pathlib import Path
from zipfile import ZipFile

import pytest
from support import IN, PACKAGE, git, in_project, once, sh

pytestmark = [pytest.mark.slow, in_project, once]


def test_it_holds_both_packages(project: Path, tmp_path: Path) -> None:
    """All of src/ that Git has: the user's package and the workbench, each below its own name."""
    sh(f"{IN} python -m hatchling build --target wheel --directory '{tmp_path}'", project)
    (wheel,) = tmp_path.glob("*.whl")
    with ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    committed = {name.removeprefix("src/") for name in git(project, "ls-files", "src").splitlines()}
    assert {name.partition("/")[0] for name in held} == {PACKAGE, "workbench"}
    assert held == committed
