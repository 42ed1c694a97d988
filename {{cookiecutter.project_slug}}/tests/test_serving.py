"""The HTTP API answers what the model file predicts, and says what is wrong with a request."""

from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient

from {{ cookiecutter.package_name }}.errors import UserError
from {{ cookiecutter.package_name }}.features.splits import read_split
from {{ cookiecutter.package_name }}.models.onnx_file import OnnxModel
from {{ cookiecutter.package_name }}.serving.app import create_app


@pytest.fixture
def client(project: Path) -> TestClient:
    return TestClient(create_app(project / "models/seed_0/model.onnx"))


def test_predictions_are_those_of_the_model(client: TestClient, project: Path) -> None:
    features = read_split(project / "data/processed", "test").features[:5]
    labels, probabilities = OnnxModel(project / "models/seed_0/model.onnx").predict(features)
    answer = client.post("/predict", json={"instances": features.tolist()}).json()
    assert answer["predictions"] == labels.tolist()
    np.testing.assert_allclose(answer["probabilities"], probabilities, rtol=1e-6)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"instances": [[0.0] * 63]}, "64 values"),
        ({"instances": []}, "at least 1 item"),
        ({"instances": [["a"] * 64]}, "valid number"),
        ({"rows": []}, "Field required"),
    ],
)
def test_a_wrong_request_is_explained(client: TestClient, body: object, message: str) -> None:
    answer = client.post("/predict", json=body)
    assert answer.status_code == 422
    assert message in answer.text


def test_healthy_only_with_a_model(client: TestClient, tmp_path: Path) -> None:
    assert client.get("/health").json() == {"status": "ok"}
    with pytest.raises(UserError, match="is not there"):
        create_app(tmp_path / "model.onnx")
