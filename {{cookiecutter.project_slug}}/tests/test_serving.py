"""The HTTP API answers what the model file predicts, and says what is wrong with a request."""

import asyncio
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from workbench.errors import UserError

from {{ cookiecutter.package_name }}.features.splits import read_split
from {{ cookiecutter.package_name }}.models.onnx_file import OnnxModel
from {{ cookiecutter.package_name }}.serving.app import NAME, create_app
from {{ cookiecutter.package_name }}.serving.shutdown import read_before_stopping

JSON = "application/json"


@pytest.fixture
def client(project: Path) -> TestClient:
    """A client of the API, which shows a failure of the server as people see it."""
    model, examples = project / "models/seed_0/model.onnx", project / "reports/examples.json"
    return TestClient(create_app(model, "abc123", examples), raise_server_exceptions=False)


def test_predictions_are_those_of_the_model(client: TestClient, project: Path) -> None:
    features = read_split(project / "data/processed", "test").features[:5]
    labels, probabilities = OnnxModel(project / "models/seed_0/model.onnx").predict(features)
    answer = client.post("/predict", json={"instances": features.tolist()}).json()
    assert answer["predictions"] == labels.tolist()
    np.testing.assert_allclose(answer["probabilities"], probabilities, rtol=1e-6)


ZEROS = [0.0] * 64


def encode(*instances: Sequence[object]) -> str:
    """Make the body of a request."""
    return json.dumps({"instances": instances})


@pytest.mark.parametrize(
    ("content", "kind", "status", "sentence"),
    [
        (encode([0, 0]), JSON, 422, "instances: Each has to have 64 values."),
        (encode(), JSON, 422, "at least 1 item"),
        (encode(["0", *ZEROS[1:]]), JSON, 422, "0.0: Input should be a valid number"),
        (encode([True, *ZEROS[1:]]), JSON, 422, "valid number"),
        (encode([float("nan"), *ZEROS[1:]]), JSON, 422, "finite number"),
        (encode([1e300, *ZEROS[1:]]), JSON, 422, "less than or equal to 1000000000"),
        (encode(*[ZEROS] * 1001), JSON, 422, "at most 1000 items"),
        ('{"rows": []}', JSON, 422, "instances: Field required"),
        ("", JSON, 422, "body: "),
        ('{"instances": [[', JSON, 422, "body: JSON decode error"),
        ('{"instances": [[' + "9" * 5000 + "]]}", JSON, 400, "parsing the body"),
        ("[" * 100_000, JSON, 400, "parsing the body"),
        (" " * 2_000_001, JSON, 413, "more than 2000000 bytes"),
        ("x=1", "application/x-www-form-urlencoded", 415, "Send JSON"),
    ],
    ids=lambda value: value[:60] if isinstance(value, str) else None,
)
@pytest.mark.parametrize("path", ["/predict", f"/v1/models/{NAME}:predict"])
def test_a_wrong_request_is_explained(
    client: TestClient, path: str, content: str, kind: str, status: int, sentence: str
) -> None:
    answer = client.post(path, content=content, headers={"Content-Type": kind})
    assert answer.status_code == status
    assert list(answer.json()) == ["detail"]
    assert sentence in answer.json()["detail"]
    assert "\n" not in answer.json()["detail"]


def test_both_addresses_answer_the_same(client: TestClient) -> None:
    """`/predict`, and the model's own address, which knows no other model."""
    body = {"instances": [ZEROS]}
    known = client.post(f"/v1/models/{NAME}:predict", json=body)
    assert known.json() == client.post("/predict", json=body).json()
    assert client.post("/v1/models/other:predict", json=body).status_code == 404


def test_the_answer_names_the_model(client: TestClient, project: Path) -> None:
    model = client.post("/predict", json={"instances": [ZEROS]}).json()["model"]
    digest = hashlib.sha256((project / "models/seed_0/model.onnx").read_bytes()).hexdigest()
    assert model["sha256"] == digest
    assert model["commit"] == "abc123"


def test_metrics_show_requests_and_drift(client: TestClient, project: Path) -> None:
    """Requests by status; the mean of each feature over the requests beside the training data's."""
    train = read_split(project / "data/processed", "train")
    client.post("/predict", json={"instances": [[1.0] * 64, [0.5] * 64]})
    client.post("/predict", json={"instances": []})
    lines = client.get("/metrics").text.splitlines()
    values = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    assert values['requests_total{path="/predict",status="200"}'] == "1.0"
    assert values['requests_total{path="/predict",status="422"}'] == "1.0"
    assert values["batch_size_sum"] == "2.0"
    assert values['feature_mean{feature="pixel_3_3"}'] == "0.75"
    column = train.names.index("pixel_3_3")
    trained = float(values['feature_training_mean{feature="pixel_3_3"}'])
    assert trained == pytest.approx(train.features[:, column].mean(), rel=1e-5)


def test_the_page_holds_what_it_shows(client: TestClient) -> None:
    """The names of the features, examples, and no address of another file."""
    page = client.get("/").text
    assert "pixel_7_7" in page
    assert '"label": 9' in page
    assert not re.search(r"""(src|href)=["'](?!data:)""", page)


def test_healthy_only_with_a_model(client: TestClient, tmp_path: Path) -> None:
    assert client.get("/health").json() == {"status": "ok"}
    with pytest.raises(UserError, match="is not there"):
        create_app(tmp_path / "model.onnx")


DIVIDES_BY_ZERO = """
<ir_version: 8, opset_import: ["": 17]>
classifier (float[n, 2] features) => (int64[n] label, float[n, 2] probabilities) {
    label = ArgMax <axis = 1, keepdims = 0> (features)
    probabilities = Div (features, features)
}
"""


def test_a_model_without_numbers_is_not_served(tmp_path: Path) -> None:
    onnx.save_model(onnx.parser.parse_model(DIVIDES_BY_ZERO), tmp_path / "model.onnx")
    with pytest.raises(UserError, match="not finite"):
        create_app(tmp_path / "model.onnx")


@pytest.mark.parametrize(
    ("name", "message"),
    [("none.onnx", "is not there"), ("model.onnx", "is not an ONNX model")],
)
def test_a_server_without_a_model_says_so_in_a_line(
    tmp_path: Path, name: str, message: str
) -> None:
    app = f"{NAME}.serving.app:from_environment"
    command = [sys.executable, "-m", "uvicorn", "--factory", app, "--port", "0"]
    (tmp_path / "model.onnx").write_text("no model")
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, "MODEL": name},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.splitlines() == [f"{name} {message}: run `make train`"]


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
