"""The HTTP API answers what the model file predicts, and says who it is."""

import hashlib
import json
import re
from base64 import b64encode
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from fastapi.testclient import TestClient
from PIL import Image
from small_tables import RECORD

from workbench.errors import UserError

from {{ cookiecutter.package_name }}.models import predictor
from {{ cookiecutter.package_name }}.models.predict_model import to_records
from {{ cookiecutter.package_name }}.models.predictor import Predictor
from {{ cookiecutter.package_name }}.serving.app import NAME, create_app

MODEL = "models/split_0/seed_0/model.onnx"


def connect(root: Path) -> TestClient:
    """A client of the API, which shows a failure of the server as people see it."""
    app = create_app(root / MODEL, "abc123", root / "reports")
    return TestClient(app, raise_server_exceptions=False)


def read_records(root: Path) -> list[dict[str, Any]]:
    """The test split as a client sends it."""
    test = pl.read_parquet(root / "data/processed/split_0/test.parquet")
    return to_records(test, Predictor(root / MODEL).columns)


@pytest.fixture(scope="module")
def client(project: Path) -> TestClient:
    """A client of the API of `project`."""
    return connect(project)


@pytest.mark.parametrize("folder", ["project", "homes", "pictures"])
def test_predictions_are_those_of_the_model(request: pytest.FixtureRequest, folder: str) -> None:
    """The ones of `predictions.parquet`, with labels as the data has them."""
    root = request.getfixturevalue(folder)
    expected = pl.read_parquet(root / "reports/predictions.parquet").filter(seed=0)
    answer = connect(root).post("/predict", json={"instances": read_records(root)}).json()
    if folder == "homes":
        assert answer["predictions"] == pytest.approx(expected["predicted"].to_list())
        assert list(answer) == ["predictions", "model"]
        return
    assert [str(label) for label in answer["predictions"]] == expected["predicted"].to_list()
    labels: list[Any] = ["açaí", "apple", "pear"] if folder == "project" else [0, 1]
    assert answer["classes"] == labels
    assert set(answer["predictions"]) <= set(labels)
    table = expected.select(f"probability_{label}" for label in labels)
    for found, row in zip(answer["probabilities"], table.iter_rows(), strict=True):
        assert found == pytest.approx(row, rel=1e-5)


def test_derived_columns_are_computed_from_what_is_sent(
    client: TestClient, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {"instances": read_records(project)[:1]}
    before = client.post("/predict", json=body).json()["probabilities"]
    derive = {"weight": 2 * pl.col("weight")}
    monkeypatch.setattr(predictor, "prepare", lambda table: table.with_columns(**derive))
    assert client.post("/predict", json=body).json()["probabilities"] != before


def test_a_gap_is_null_or_left_out(client: TestClient, project: Path) -> None:
    record = read_records(project)[0]
    null = record | {"length": None, "colour": None, "note": None}
    short = {name: value for name, value in null.items() if value is not None}
    said = client.post("/predict", json={"instances": [null, short, record]}).json()
    first, second, other = said["probabilities"]
    assert first == second != other


def test_a_category_may_be_the_value_that_it_spells(client: TestClient, project: Path) -> None:
    records = [read_records(project)[0] | {"ripe": value} for value in ("true", True, False)]
    said = client.post("/predict", json={"instances": records}).json()["probabilities"]
    assert said[0] == said[1] != said[2]


def test_a_table_of_numbers_may_come_as_rows(homes: Path) -> None:
    record = read_records(homes)[0]
    body = {"instances": [record, list(record.values())]}
    first, second = connect(homes).post("/predict", json=body).json()["predictions"]
    assert first == second


def test_an_image_is_rows_of_pixels_or_all_of_them(pictures: Path) -> None:
    (record,) = read_records(pictures)[:1]
    flat = np.ravel(record["picture"]).tolist()
    assert np.shape(record["picture"]) == (4, 6, 3)
    same = [record, record["picture"], {"picture": flat}, flat]
    body = {"instances": [*same, [255 - number for number in flat]]}
    answer = connect(pictures).post("/predict", json=body).json()
    *found, other = answer["probabilities"]
    assert found[1:] == found[:-1]
    assert other != found[0]


def test_an_image_may_be_a_file(pictures: Path) -> None:
    (record,) = read_records(pictures)[:1]
    picture = Image.fromarray(np.array(record["picture"], dtype=np.uint8))
    files = []
    for image, kind in (
        (picture, "PNG"),
        (picture.resize((12, 8), Image.Resampling.NEAREST), "PNG"),
        (Image.new("CMYK", (9, 9)), "JPEG"),
    ):
        file = BytesIO()
        image.save(file, kind)
        files.append({"picture": b64encode(file.getvalue()).decode()})
    answer = connect(pictures).post("/predict", json={"instances": [record, *files]}).json()
    rows, same, larger, other = answer["probabilities"]
    assert rows == same
    assert larger == pytest.approx(rows, abs=0.2)
    assert other != rows


def test_both_addresses_answer_the_same(client: TestClient) -> None:
    """`/predict`, and the model's own address, which knows no other model."""
    body = {"instances": [RECORD]}
    known = client.post(f"/v1/models/{NAME}:predict", json=body)
    assert known.status_code == 200
    assert known.json() == client.post("/predict", json=body).json()
    assert client.post("/v1/models/other:predict", json=body).status_code == 404


def test_the_answer_names_the_model(client: TestClient, project: Path) -> None:
    model = client.post("/predict", json={"instances": [RECORD]}).json()["model"]
    assert model["sha256"] == hashlib.sha256((project / MODEL).read_bytes()).hexdigest()
    assert model["commit"] == "abc123"


def test_metrics_show_requests_and_drift(project: Path) -> None:
    """Requests by status; what each column holds in the requests, beside the training data's."""
    client = connect(project)
    gap = RECORD | {"length": None, "weight": 50, "colour": "blue"}
    client.post("/predict", json={"instances": [RECORD, gap]})
    client.post("/predict", json={"instances": []})
    lines = client.get("/metrics").text.splitlines()
    values = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    assert values['requests_total{path="/predict",status="200"}'] == "1.0"
    assert values['requests_total{path="/predict",status="422"}'] == "1.0"
    assert values["batch_size_sum"] == "2.0"
    assert values['feature_mean{feature="weight"}'] == "100.0"
    assert values['feature_mean{feature="length"}'] == "7.0"  # a gap does not count
    train = pl.read_parquet(project / "data/processed/split_0/train.parquet")
    trained = float(values['feature_training_mean{feature="length"}'])
    assert trained == pytest.approx(train["length"].mean(), rel=1e-5)
    assert values['feature_gap_share{feature="length"}'] == "0.5"
    assert values['feature_gap_share{feature="note"}'] == "0.0"
    gaps = float(values['feature_training_gap_share{feature="note"}'])
    assert gaps == pytest.approx(train["note"].null_count() / train.height)
    assert values['feature_value_share{feature="colour",value="blue"}'] == "0.5"
    assert values['feature_value_share{feature="colour",value="green"}'] == "0.0"
    green = float(values['feature_training_value_share{feature="colour",value="green"}'])
    assert green == pytest.approx((train["colour"].drop_nulls() == "green").mean())
    assert "NaN" not in client.get("/metrics").text


def test_columns_of_gaps_alone_are_counted_without_nan(project: Path) -> None:
    """What nobody sent has no mean and no values: no number is better than none."""
    client = connect(project)
    empty = RECORD | {"length": None, "colour": None, "note": None}
    assert client.post("/predict", json={"instances": [empty]}).status_code == 200
    text = client.get("/metrics").text
    assert 'feature_gap_share{feature="length"} 1.0' in text
    assert 'feature_mean{feature="length"}' not in text
    assert 'feature_value_share{feature="colour"' not in text
    assert "NaN" not in text


def test_the_page_holds_what_it_shows(client: TestClient, project: Path) -> None:
    """The columns with their rules, examples, and no address of another file."""
    page = client.get("/").text
    (line,) = re.findall(r"const data = (.*);", page)
    data = json.loads(line)
    assert [field["name"] for field in data["fields"]] == list(RECORD)
    assert data["fields"][3]["values"] == ["blue", "green", "red"]
    assert data["target"] == "fruit"
    examples = json.loads((project / "reports/examples.json").read_text(encoding="utf-8"))
    assert data["examples"] == examples
    assert not re.search(r"""(src|href)=["'](?!data:)""", page)


def test_a_number_may_have_an_interval(run: Callable[..., Path]) -> None:
    options = ("calibration.method=conformal", "calibration.fraction=0.3")
    root = run("data=number", *options)
    api = connect(root)
    answer = api.post("/predict", json={"instances": read_records(root)}).json()
    assert list(answer) == ["predictions", "model", "low", "high"]
    expected = pl.read_parquet(root / "reports/predictions.parquet").filter(seed=0)
    for name, column in (("predictions", "predicted"), ("low", "low"), ("high", "high")):
        assert answer[name] == pytest.approx(expected[column].to_list())
    served = json.loads((root / "reports/served.json").read_text())["calibration"]
    shown = api.get("/model").json()["evaluation"]["calibration"]
    assert (shown["method"], shown["value"]) == ("conformal", served["value"])
    coverage = served["effect"]["coverage"]["with"]
    assert shown["effect"]["coverage"]["with"].items() <= coverage.items()


def test_the_documentation_knows_the_columns(client: TestClient) -> None:
    schemas = client.get("/openapi.json").json()["components"]["schemas"]
    assert list(schemas["Record"]["properties"]) == list(RECORD)
    assert schemas["Record"]["required"] == ["weight", "noise", "ripe", "picked"]


def test_the_model_is_shown_with_its_own_scores(client: TestClient, project: Path) -> None:
    """Those of its seed, beside those over all seeds; another file has no scores."""
    shown = client.get("/model").json()
    predictions = pl.read_parquet(project / "reports/predictions.parquet").filter(seed=0)
    right = (predictions["target"] == predictions["predicted"]).mean()
    metrics = json.loads((project / "reports/metrics.json").read_text())
    evaluation = shown["evaluation"]
    assert (evaluation["split"], evaluation["seed"]) == (0, 0)
    assert (evaluation["n_splits"], evaluation["n_seeds"]) == (1, 2)
    accuracy = evaluation["scores"]["accuracy"]
    assert accuracy["own"] == pytest.approx(right)
    assert accuracy["mean"] == metrics["accuracy"]["mean"]
    assert accuracy["baseline"] == metrics["accuracy"]["baseline"]
    assert list(evaluation["scores"]) == list(metrics)
    other = create_app(project / "models/split_0/seed_1/model.onnx", reports=project / "reports")
    assert TestClient(other).get("/model").json()["evaluation"] is None


def test_healthy_only_with_a_model(client: TestClient, tmp_path: Path) -> None:
    assert client.get("/health").json() == {"status": "ok"}
    head = client.head("/health")
    assert (head.status_code, head.headers["content-length"]) == (200, "15")
    with pytest.raises(UserError, match="is not there"):
        create_app(tmp_path / "model.onnx")
