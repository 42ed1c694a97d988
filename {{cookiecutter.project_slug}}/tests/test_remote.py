"""DVC's remote: what arrives, and one line where nothing does."""

import shutil
import sys
from pathlib import Path

import pytest
from dvc.repo import Repo

from workbench.errors import UserError
from workbench.remote import describe, main, run_dvc

pytestmark = pytest.mark.filterwarnings("ignore:_NoneStep:DeprecationWarning")  # DVC


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A DVC repository with one file and without a remote, as the current directory."""
    path = tmp_path / "repository"
    path.mkdir()
    monkeypatch.chdir(path)
    with Repo.init(no_scm=True) as repo:
        Path("data.csv").write_text("1,2\n")
        repo.add("data.csv")
    return path


def set_remote(url: str) -> None:
    core = "[core]\nno_scm = True\nremote = storage\n"
    Path(".dvc/config").write_text(f"{core}['remote \"storage\"']\nurl = {url}\n", encoding="utf-8")


def test_a_file_travels_by_a_folder(repository: Path, tmp_path: Path) -> None:
    set_remote(str(tmp_path / "store"))
    run_dvc(["push"])
    shutil.rmtree(".dvc/cache")
    Path("data.csv").unlink()
    run_dvc(["pull"])
    assert Path("data.csv").read_text() == "1,2\n"


@pytest.mark.parametrize("command", ["push", "pull"])
def test_without_a_remote(repository: Path, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["remote.py", "dvc", command])
    with pytest.raises(SystemExit, match=f"^dvc {command}: no remote: .*dvc remote add"):
        main()


def test_a_remote_without_the_data_is_named_in_one_line(repository: Path, tmp_path: Path) -> None:
    set_remote(str(tmp_path / "empty"))
    shutil.rmtree(".dvc/cache")
    Path("data.csv").unlink()
    with pytest.raises(UserError, match=r"\A.*failed to pull.*data\.csv.*\Z"):
        run_dvc(["pull"])


def test_a_store_that_cannot_be_written_is_named_in_one_line(
    repository: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    set_remote(str(tmp_path / "file"))
    with pytest.raises(UserError, match=r"\A.*file.*\Z"):
        run_dvc(["push"])


def test_an_error_and_its_causes_are_one_line() -> None:
    try:
        try:
            raise FileNotFoundError("bucket/o")
        except FileNotFoundError as cause:
            raise OSError("no\n answer") from cause
    except OSError as error:
        assert describe("failed", error) == "failed: no answer: not found: bucket/o"
