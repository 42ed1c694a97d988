"""The file that a data set comes from: what is said where it is not here, or nobody keeps it."""

import subprocess
import sys
from pathlib import Path

import pytest
from workbench.errors import UserError
from workbench.pipeline.run import make_source_folder
from workbench.pipeline.source import find_source, find_untracked, require_source
from workbench.project import git

FILE = "data/external/mine/table.csv"


@pytest.fixture
def mine(small: Path) -> Path:
    """A project, in Git, whose configuration names the data set `mine`."""
    (small / "configs/data").mkdir(parents=True)
    (small / "configs/config.yaml").write_text("defaults:\n  - data: mine\n")
    describe(small, f"name: mine\nsource: {FILE}\n")
    git("init", "--quiet", root=small)
    return small


def describe(root: Path, text: str) -> None:
    (root / "configs/data/mine.yaml").write_text(text)


def write_table(root: Path) -> None:
    (root / FILE).parent.mkdir(parents=True, exist_ok=True)
    (root / FILE).write_text("a,b\n1,2\n")


def test_a_file_that_was_never_there(mine: Path) -> None:
    with pytest.raises(
        UserError, match=rf"^{FILE} is not there: `make use DATA=…`, or put the data there\.$"
    ):
        require_source(mine)


def test_a_file_of_which_only_the_hash_is_here(mine: Path) -> None:
    write_table(mine)
    (mine / FILE).rename(mine / f"{FILE}.dvc")
    with pytest.raises(
        UserError, match=rf"^{FILE} is not here, only its hash: `make pull` gets it .* remote"
    ):
        require_source(mine)


def test_a_file_that_is_here(mine: Path) -> None:
    write_table(mine)
    require_source(mine)


def test_a_file_that_nobody_keeps_is_named_until_git_or_dvc_does(mine: Path) -> None:
    write_table(mine)
    assert (find_untracked(mine) or "").startswith(f"Neither Git nor DVC keeps {FILE}: `dvc add {FILE}`, or")
    git("add", FILE, root=mine)
    assert find_untracked(mine) is None
    git("rm", "--quiet", "--cached", FILE, root=mine)
    (mine / f"{FILE}.dvc").write_text("outs: []\n")
    assert find_untracked(mine) is None


def test_make_all_warns_of_it(mine: Path) -> None:
    write_table(mine)
    done = subprocess.run(
        [sys.executable, "-m", "workbench.pipeline.run", "--help"], cwd=mine, capture_output=True, text=True
    )
    assert f"Warning: Neither Git nor DVC keeps {FILE}" in done.stderr


def test_a_function_is_no_file(mine: Path) -> None:
    """Its folder is made, which DVC asks for and Git keeps by a file."""
    describe(mine, "name: mine\nsource: my_package.data.mine.load\n")
    assert find_source(mine) is None
    make_source_folder(mine)
    assert [path.name for path in (mine / "data/external/mine").iterdir()] == [".gitkeep"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"name: yours\nsource: {FILE}\n", r"configs/data/mine\.yaml: `name` has to be mine"),
        ("name: mine\nsource: data/external/table.csv\n", "has to lie in data/external/mine/"),
    ],
)
def test_what_dvc_would_not_notice_is_refused(mine: Path, text: str, message: str) -> None:
    describe(mine, text)
    with pytest.raises(UserError, match=message):
        find_source(mine)
