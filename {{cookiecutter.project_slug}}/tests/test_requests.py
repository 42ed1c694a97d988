"""What is wrong with a request: the API says it in a sentence, with the place."""

import gzip
import json
from base64 import b64encode
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image
from pydantic import ValidationError
from small_tables import RECORD, describe

from {{ cookiecutter.package_name }}.serving.app import NAME, create_app
from {{ cookiecutter.package_name }}.serving.messages import make_request_type

JSON = "application/json"


def connect(root: Path) -> TestClient:
    """A client of the API, which shows a failure of the server as people see it."""
    app = create_app(root / "models/split_0/seed_0/model.onnx")
    return TestClient(app, raise_server_exceptions=False)


@pytest.fixture(scope="module")
def client(project: Path) -> TestClient:
    """A client of the API of `project`."""
    return connect(project)


LESS = "Input should be less than or equal to"


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        ({"weight": "150"}, "instances.1.weight: Input should be a valid number."),
        ({"weight": True}, "instances.1.weight: Input should be a valid number."),
        ({"weight": None}, "instances.1.weight: Input should be a valid number."),
        ({"weight": 401}, f"instances.1.weight: {LESS} 400."),
        ({"weight": -101}, "instances.1.weight: Input should be greater than or equal to -100."),
        ({"noise": 1e300}, f"instances.1.noise: {LESS} 1{'0' * 30}."),
        ({"noise": float("nan")}, "instances.1.noise: Input should be a finite number."),
        ({"colour": "violet"}, "instances.1.colour: Input should be 'blue', 'green' or 'red'."),
        ({"colour": 1}, "instances.1.colour: Input should be 'blue', 'green' or 'red'."),
        ({"note": 5}, "instances.1.note: Input should be a valid string."),
        ({"note": "x" * 100_001}, "instances.1.note: String should have at most 100000"),
        ({"picked": "2026-13-01"}, "instances.1.picked: Input should be a valid datetime"),
        ({"picked": "20260131"}, "a time is a text, such as 2026-01-31."),
        ({"picked": 5}, "a time is a text, such as 2026-01-31."),
        ({"picked": None}, "a time is a text, such as 2026-01-31."),
        ({"tree": "tree 1"}, "instances.1: One field is none of weight, length, noise,"),
    ],
    ids=lambda value: None if isinstance(value, str) else str(value)[:30],
)
def test_a_wrong_value_is_named(client: TestClient, cells: dict[str, Any], sentence: str) -> None:
    content = json.dumps({"instances": [RECORD, RECORD | cells]})
    answer = client.post("/predict", content=content, headers={"Content-Type": JSON})
    assert answer.status_code == 422
    assert sentence in answer.json()["detail"]


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ([100, 2], "instances.0.2: Field required."),
        ([100, 2, 0, 0], "instances.0: Tuple should have at most 3 items"),
        ([100, 21, 0], f"instances.0.1: {LESS} 20."),
        ([100, None, 0], "instances.0.1: Input should be a valid number."),
        ({"area": 100, "rooms": 2}, "instances.0.noise: Field required, a number."),
        ("100, 2, 0", "instances.0: Input should be a valid dictionary."),
    ],
)
def test_a_wrong_row_is_named(homes: Path, row: Any, sentence: str) -> None:
    answer = connect(homes).post("/predict", json={"instances": [row]})
    assert answer.status_code == 422
    assert sentence in answer.json()["detail"]


def encode(image: Image.Image, kind: str = "PNG", **options: Any) -> str:
    """A file in base64."""
    file = BytesIO()
    image.save(file, kind, **options)
    return b64encode(file.getvalue()).decode()


IMAGE = Image.effect_noise((64, 64), 50)
FRAMES: dict[str, Any] = {"save_all": True, "append_images": [Image.new("L", (64, 64))]}
BLACK = np.zeros((4, 6, 3), dtype=int).tolist()


@pytest.mark.parametrize(
    ("picture", "sentence"),
    [
        (BLACK[:3], "instances.0.picture: List should have at least 4 items"),
        ([*BLACK[:3], BLACK[3][:5]], "instances.0.picture.3: List should have at least 6 items"),
        ([[[256, 0, 0]]], f"instances.0.picture.0.0.0: {LESS} 255."),
        ([[[-1, 0, 0]]], "instances.0.picture.0.0.0: Input should be greater than or equal to 0."),
        ([[[0.5, 0, 0]]], "instances.0.picture.0.0.0: Input should be a multiple of 1."),
        ([[[0, 0]]], "instances.0.picture.0.0: List should have at least 3 items"),
        ([0] * 73, "instances.0.picture: List should have at most 72 items"),
        ([True], "instances.0.picture.0: Input should be a valid number."),
        ("black", "instances.0.picture: The file is not in base64."),
        ("", "instances.0.picture: The file is no PNG or JPEG image."),
        (encode(IMAGE)[:-40], "instances.0.picture: The file is truncated."),
        (encode(IMAGE, "GIF"), "instances.0.picture: The file is no PNG or JPEG image."),
        (encode(IMAGE, **FRAMES), "instances.0.picture: The file is animated."),
        (encode(Image.new("1", (8000, 8000))), "The file is larger than 50,000,000 pixels."),
        (None, "instances.0.picture: Input should be a valid list."),
    ],
    ids=lambda value: str(value)[-30:],
)
def test_a_wrong_image_is_named(pictures: Path, picture: Any, sentence: str) -> None:
    client = connect(pictures)
    answer = client.post("/predict", json={"instances": [{"picture": picture}]})
    assert answer.status_code == 422
    assert sentence in answer.json()["detail"]
    missing = client.post("/predict", json={"instances": [{}]}).json()["detail"]
    rule = "4 rows of 6 pixels, whole numbers from 0 to 255, or a PNG or JPEG file in base64."
    assert missing.endswith(f"required, {rule}")


def test_files_that_are_too_large_together_are_not_decoded(pictures: Path) -> None:
    """Each of them is small in bytes, and so is what they are sent in."""
    file = {"picture": encode(Image.new("1", (5000, 6000)))}
    client = connect(pictures)
    assert client.post("/predict", json={"instances": [file]}).status_code == 200
    answer = client.post("/predict", json={"instances": [file, file]})
    assert answer.status_code == 422
    assert answer.json()["detail"] == "instances: The files have more than 50,000,000 pixels."


@pytest.mark.parametrize(
    ("content", "kind", "status", "sentence"),
    [
        (json.dumps({"instances": [[1, 2]]}), JSON, 422, "Input should be a valid dictionary."),
        (json.dumps({"instances": []}), JSON, 422, "instances: List should have at least 1 item"),
        (json.dumps({"instances": [RECORD] * 1001}), JSON, 422, "at most 1000 items"),
        (json.dumps({"instances": [{}]}), JSON, 422, "required, a number from -100 to 400."),
        ('{"rows": []}', JSON, 422, "instances: Field required"),
        ("", JSON, 422, "body: "),
        ('{"instances": [{', JSON, 422, "body: JSON decode error"),
        ('{"instances": [[' + "9" * 5000 + "]]}", JSON, 400, "parsing the body"),
        ("[" * 100_000, JSON, 400, "parsing the body"),
        (" " * 5_000_001, JSON, 413, "more than 5000000 bytes"),
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


@pytest.mark.parametrize("other", ["{kind: number, missing: true}", "{kind: category}"])
def test_other_tables_come_as_records_alone(other: str) -> None:
    """A row of values would not say which one is left out."""
    columns = "columns:\n  a: {kind: number}\n  b: " + other
    data = describe(columns + "\ntarget: {column: y, kind: number}")
    request = make_request_type(data.inputs)
    request.model_validate({"instances": [{"a": 1, "b": 2}]})
    with pytest.raises(ValidationError, match="Input should be a valid dictionary"):
        request.model_validate({"instances": [[1, 2]]})


def test_a_compressed_body_is_refused(client: TestClient) -> None:
    """With the sentence, and not because its bytes are no JSON; `identity` says: as it is."""
    body = json.dumps({"instances": [RECORD]}).encode()
    for encoding, content, status in (
        ("gzip", gzip.compress(body), 415),
        ("GZIP, identity", gzip.compress(body), 415),
        ("identity", body, 200),
    ):
        headers = {"Content-Type": JSON, "Content-Encoding": encoding}
        answer = client.post("/predict", content=content, headers=headers)
        assert answer.status_code == status
        if status == 415:
            said = {"detail": "Send the body as it is, without Content-Encoding."}
            assert answer.json() == said
            assert answer.headers["accept-encoding"] == "identity"
