"""Level 3 of the check, as far as it needs no Docker."""

import os
from itertools import pairwise
from pathlib import Path

import pytest
from workbench.check.container import build_image, make_command
from workbench.errors import UserError


def test_a_container_is_given_what_changes_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    monkeypatch.setenv("PASSWORD", "secret")
    environment = {**os.environ, "TZ": "Asia/Kathmandu"}
    command = make_command("image", tmp_path / "clone", environment)
    given = {value for option, value in pairwise(command) if option == "--env"}
    assert given >= {"OPENBLAS_CORETYPE=Haswell", "TZ=Asia/Kathmandu"}
    assert not any("secret" in word for word in command)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        ("no-such-docker build", "An image needs Docker: no-such-docker is not installed."),
        ("git no-such-command", "'no-such-command' is not a git command.*could not be built"),
    ],
)
def test_an_image_that_cannot_be_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, build: str, message: str
) -> None:
    monkeypatch.setenv("DOCKER_BUILD", build)
    with pytest.raises(UserError, match=f"(?s){message}"):
        build_image(tmp_path, "abc123")
