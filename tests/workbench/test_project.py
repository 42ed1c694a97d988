"""The project is found from the current folder."""

from pathlib import Path

import pytest
from workbench.errors import UserError, describe_cause
from workbench.project import find_project, git


def test_the_nearest_folder_with_a_pipeline_is_the_project(small: Path) -> None:
    deep = small / "outputs/train_model"
    deep.mkdir(parents=True)
    assert find_project(deep) == find_project() == small
    inner = small / "outputs/dvc.yaml"
    inner.touch()
    assert find_project(deep) == inner.parent


def test_outside_of_a_project_it_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"is not in a project: there is no dvc\.yaml"):
        find_project(tmp_path)


def test_git_without_a_repository(tmp_path: Path) -> None:
    assert git("rev-parse", "HEAD", root=tmp_path) is None


def test_the_first_cause_of_an_error_in_a_line() -> None:
    try:
        try:
            raise ConnectionError("the line is dead\nfor good")
        except ConnectionError as cause:
            raise RuntimeError("wrapped") from cause
    except RuntimeError as error:
        assert describe_cause(error) == "ConnectionError: the line is dead"
