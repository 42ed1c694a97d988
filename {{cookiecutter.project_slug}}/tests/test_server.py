"""The process that serves: with which models it starts, and how it stops."""

import asyncio
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import onnx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from workbench.errors import UserError
from workbench.onnx.file import write_onnx
from workbench.onnx.merge import Scale, add_head

from {{ cookiecutter.package_name }}.config import Config
from {{ cookiecutter.package_name }}.features.problem import Problem
from {{ cookiecutter.package_name }}.models.predict_model import predict_model
from {{ cookiecutter.package_name }}.serving.app import NAME, create_app, from_environment
from {{ cookiecutter.package_name }}.serving.server import read_before_stopping

HEAD = '<ir_version: 8, opset_import: ["": 17]> g (float[n, d] numbers) => (float[n, d] y) '
ONE = "one = Constant <value_float = 1.0> ()"
SAFE = "gap = IsNaN (numbers) safe = Where (gap, one, numbers)"


def write_graph(path: Path, nodes: str) -> None:
    """A model of one number, which it passes on to these nodes."""
    part, passes_on = (
        onnx.parser.parse_model(HEAD + text)
        for text in ("{ " + nodes + " }", "{ y = Identity (numbers) }")
    )
    facts = {
        "columns": {"x": {"kind": "number"}},
        "data": "made up",
        "encoding": "utf-8",
        "format": {},
        "inputs": {"numbers": ["x"]},
        "problem": Problem("y").to_facts(),
        "training": {},
    }
    write_onnx(add_head(part, passes_on, Scale(0.0, 1.0)), path, facts)


def start(folder: Path, port: str) -> list[str]:
    """The lines with which a server fails that has no model."""
    command = [sys.executable, "-m", f"{NAME}.serving.server"]
    environment = {**os.environ, "MODEL": "none.onnx", "PORT": port}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    return done.stderr.splitlines()


def test_a_model_without_numbers_is_not_served(tmp_path: Path) -> None:
    write_graph(tmp_path / "model.onnx", f"{ONE} y = Div (one, numbers)")
    with pytest.raises(UserError, match="not finite"):
        create_app(tmp_path / "model.onnx")


def test_a_value_without_an_answer_is_refused(tmp_path: Path) -> None:
    write_graph(tmp_path / "model.onnx", f"{ONE} {SAFE} y = Div (one, safe)")
    client = TestClient(create_app(tmp_path / "model.onnx"))
    assert client.post("/predict", json={"instances": [[4]]}).json()["predictions"] == [0.25]
    refused = client.post("/predict", json={"instances": [[4], [0]]})
    assert refused.status_code == 422
    assert isinstance(refused.json()["detail"], str)  # a sentence


def test_a_server_without_a_model_says_so_in_a_line(tmp_path: Path) -> None:
    assert start(tmp_path, "0") == ["none.onnx is not there: run `make train`"]


@pytest.mark.parametrize("seed", [0, 1])
def test_the_seed_of_the_configuration_is_served(
    project: Path,
    config: Callable[..., Config],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    seed: int,
) -> None:
    """`predict_model` evaluates it for that; until then, there is nothing to serve."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MODEL", raising=False)
    (tmp_path / "dvc.yaml").touch()
    with pytest.raises(SystemExit, match=r"^reports.served\.json is not there: run `make all`$"):
        from_environment()
    evaluated = config(f"serve.seed={seed}")
    evaluated.paths.output = tmp_path / "reports"
    predict_model(evaluated)
    shutil.copytree(project / "models", tmp_path / "models")
    shown = TestClient(from_environment()).get("/model").json()
    path = project / f"models/split_0/seed_{seed}/model.onnx"
    assert shown["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert shown["evaluation"]["seed"] == seed


def test_a_port_that_cannot_be_had_is_named_in_a_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        advice = "choose another one, as in `make serve PORT=8001`."
        assert start(tmp_path, port) == [f"Port {port} is taken: {advice}"]
    for wrong in ("many", "65536"):
        assert start(tmp_path, wrong) == [f"PORT: {wrong} is not a number from 0 to 65535."]


def test_a_server_with_something_else_than_a_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MODEL", "model.onnx")
    Path("model.onnx").write_text("no model")
    with pytest.raises(SystemExit, match=r"^model\.onnx is not an ONNX model: run `make train`$"):
        from_environment()


def test_sigterm_lets_the_loop_read_before_the_server_stops() -> None:
    """The handler that uvicorn has set is called, but not at once."""
    app, stopped = FastAPI(), asyncio.Event()
    app.state.stopping = False

    async def serve() -> None:
        async with read_before_stopping(app):
            signal.raise_signal(signal.SIGTERM)
            assert app.state.stopping
            assert not stopped.is_set()
            await asyncio.wait_for(stopped.wait(), 60)

    before = signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    try:
        asyncio.run(serve())
    finally:
        signal.signal(signal.SIGTERM, before)
