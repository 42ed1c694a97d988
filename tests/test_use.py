"""Real data of other people, from their file to results that reproduce: by `make use`, without code."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml
from support import (
    IN,
    PACKAGE,
    PROGRAMS,
    clone_project,
    in_project,
    once,
    path_of,
    replace,
    save,
    sh,
)

PACKAGES = "palmerpenguins==0.1.6 plotly==7.1.0 statsmodels==0.15.0"
SERVE = f"""
import json
from pathlib import Path
import polars as pl
from fastapi.testclient import TestClient
from {PACKAGE}.serving.app import create_app
from {PACKAGE}.models.predict_model import to_records
from {PACKAGE}.models.predictor import Predictor
model = Predictor(Path("models/split_0/seed_0/model.onnx"))
rows = pl.read_parquet("data/processed/split_0/test.parquet").head(20)
client = TestClient(create_app(model.path))
answer = client.post("/predict", json={{"instances": to_records(rows, model.columns)}})
kept = pl.read_parquet("reports/predictions.parquet").filter(pl.col("seed") == 0)["predicted"].head(20)
print(json.dumps([answer.status_code, answer.json().get("predictions"), kept.to_list()]))
"""


@dataclass(frozen=True)
class Table:
    """A file or a folder, and what is to be found out about it.

    Attributes:
        file: Below the folder of the packages.
        options: Of `make use`.
        metric: By which the models have to be better than the trivial one; the lower, the better.
        kinds: What columns have to be taken for.
    """

    file: str
    options: str
    metric: str
    kinds: dict[str, str] = field(default_factory=dict)


TABLES = {
    "tips": Table(
        "plotly/package_data/datasets/tips.csv.gz",
        "TARGET=tip",
        "rmse",
        {"day": "category", "size": "number"},
    ),
    "all that was noted about penguins": Table(
        "palmerpenguins/data/penguins-raw.csv",
        'TARGET=Species IGNORE="Comments, studyName, Sample Number"',
        "log_loss",
        {"Individual ID": "ignored", "Date Egg": "time", "Sex": "category"},
    ),
    "wine": Table("wine.csv", "TARGET=cultivar", "log_loss", {"alcohol": "number"}),
    "a medical yes or no": Table("tumours.csv", "TARGET=malignant", "log_loss", {"mean area": "number"}),
    "sentences": Table("sentences.csv", "TARGET=package", "log_loss", {"sentence": "text"}),
    "images in folders": Table("digits", "SIZE=8x8", "log_loss", {"file": "ignored", "image": "image"}),
    "quarters, by time": Table(
        "statsmodels/datasets/macrodata/macrodata.csv",
        'TARGET=realint TIME="year, quarter" IGNORE="realgdp realcons realinv realgovt realdpi cpi m1 pop"',
        "rmse",
        {"year": "number", "m1": "ignored"},
    ),
    "countries over years, by country": Table(
        "plotly/package_data/datasets/gapminder.csv.gz",
        'TARGET=lifeExp GROUP=country IGNORE="iso_alpha iso_num centroid_lon centroid_lat"',
        "rmse",
        {"country": "ignored", "continent": "category"},
    ),
}


@pytest.fixture(scope="session")
def files(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the data files of packages, and with tables that scikit-learn loads."""
    folder = tmp_path_factory.mktemp("files")
    sh(f"uv pip install -q --python '{project}/.venv' --no-deps --target '{folder}' {PACKAGES}", folder)
    sh(f"python '{PROGRAMS}/write_tables.py'", folder, PATH=path_of(project))
    return folder


@in_project
@once
@pytest.mark.slow
@pytest.mark.exhaustive  # tests/workbench/test_intake.py has what takes seconds
@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_a_table_of_somebody_else(project: Path, files: Path, tmp_path: Path, table: Table) -> None:
    """Drafted, trained, better than the trivial model, served as evaluated, and reproduced in a clone."""
    path = clone_project(project, tmp_path / "mine")
    shown = sh(f"make use DATA='{files / table.file}' NAME=mine {table.options}", path).stdout
    draft = yaml.safe_load((path / "configs/data/mine.yaml").read_text(encoding="utf-8"))
    assert {name: draft["columns"][name]["kind"] for name in table.kinds} == table.kinds, shown
    replace(path / "configs/config.yaml", r"seeds: .*", "seeds: [0, 1]")
    sh("make all", path)
    metric = json.loads((path / "reports/metrics.json").read_text())[table.metric]
    assert metric["mean"] < metric["baseline"]
    (path / "serve.py").write_text(SERVE)
    status, answers, predicted = json.loads(sh(f"{IN} python serve.py", path).stdout)
    assert status == 200
    same = pytest.approx(predicted) if table.metric == "rmse" else predicted
    assert (answers if table.metric == "rmse" else list(map(str, answers))) == same
    (path / "serve.py").unlink()
    sh(
        f"{IN} python -m pytest -q -x tests/test_config.py tests/test_notebooks.py tests/test_serving.py",
        path,
    )
    save(path, "Mine")
    assert "outputs are the same bytes" in sh("make reproduce", path).stdout
