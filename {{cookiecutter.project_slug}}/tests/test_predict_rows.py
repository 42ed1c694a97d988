"""New rows from a file: each with its answer and its own columns, or a word about what is wrong."""

import gzip
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from workbench.data import streaming
from workbench.errors import UserError

from {{ cookiecutter.package_name }}.models import predict_rows as module
from {{ cookiecutter.package_name }}.models.predict_rows import predict_rows
from {{ cookiecutter.package_name }}.models.predictor import Answers, Predictor

MODEL = "models/split_0/seed_0/model.onnx"
UNUSED = ["fruit", "tree"]  # the target, and a column that is ignored


@pytest.fixture(scope="module")
def model(project: Path) -> Predictor:
    """The model of `project`."""
    return Predictor(project / MODEL)


@pytest.fixture(scope="module")
def rows(project: Path) -> pl.DataFrame:
    """The test split as users have it: without the target, and with a column of their own."""
    test = pl.read_parquet(project / "data/processed/split_0/test.parquet")
    return test.drop("__row__", *UNUSED, strict=False).with_row_index("customer", offset=100)


def read(path: Path) -> pl.DataFrame:
    """A CSV file, whose values are texts."""
    return pl.read_csv(path, infer_schema=False)


@pytest.mark.parametrize("name", ["new.csv", "new.csv.gz", "new.parquet"])
@pytest.mark.parametrize("out", ["out.csv", "out.parquet"])
def test_the_answers_are_those_of_the_report(
    project: Path, model: Predictor, rows: pl.DataFrame, tmp_path: Path, name: str, out: str
) -> None:
    data, path = tmp_path / name, tmp_path / "made" / out
    text = rows.write_csv().encode()
    if name.endswith(".parquet"):
        rows.write_parquet(data)
    else:
        data.write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    assert predict_rows(model, data, path) == f"{path}: {rows.height} rows"
    found = pl.read_parquet(path) if path.suffix == ".parquet" else read(path)
    expected = pl.read_parquet(project / "reports/predictions.parquet").filter(seed=0)
    added = ["predicted", *(f"probability_{fruit}" for fruit in ("açaí", "apple", "pear"))]
    assert found.columns == [*rows.columns, *added]
    assert found["predicted"].to_list() == expected["predicted"].to_list()
    for column in added[1:]:
        values = found[column].cast(pl.Float64).to_list()
        assert values == pytest.approx(expected[column].to_list(), rel=1e-5)
    if name.endswith(".csv") and out == "out.csv":  # what is in the file stays as it is written
        assert_frame_equal(found.select(rows.columns), read(data))
    assert [child.name for child in path.parent.iterdir()] == [out]


def test_a_number_is_predicted(homes: Path, tmp_path: Path) -> None:
    test = pl.read_parquet(homes / "data/processed/split_0/test.parquet")
    test.select("noise", "area", "rooms").write_csv(tmp_path / "new.csv")
    predict_rows(Predictor(homes / MODEL), tmp_path / "new.csv", tmp_path / "out.parquet")
    found = pl.read_parquet(tmp_path / "out.parquet")
    assert found.columns == ["noise", "area", "rooms", "predicted"]
    expected = pl.read_parquet(homes / "reports/predictions.parquet").filter(seed=0)
    assert found["predicted"].to_list() == pytest.approx(expected["predicted"].to_list())


@pytest.mark.parametrize("out", ["out.csv", "out.parquet"])
def test_batches_give_the_same(
    model: Predictor,
    rows: pl.DataFrame,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    out: str,
) -> None:
    rows.write_csv(tmp_path / "new.csv")
    predict_rows(model, tmp_path / "new.csv", tmp_path / f"whole_{out}")
    monkeypatch.setattr(streaming, "ROWS", 7)
    sizes: list[int] = []
    predict = model.predict

    def note(table: pl.DataFrame) -> Answers:
        sizes.append(table.height)
        return predict(table)

    monkeypatch.setattr(model, "predict", note)
    predict_rows(model, tmp_path / "new.csv", tmp_path / out)
    assert set(sizes[:-1]) == {7}
    whole, parts = tmp_path / f"whole_{out}", tmp_path / out
    if out.endswith(".csv"):
        assert parts.read_bytes() == whole.read_bytes()
    else:
        assert_frame_equal(pl.read_parquet(parts), pl.read_parquet(whole))


def break_two(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows 2 and 4 break a rule, and row 4 another one."""
    place = pl.int_range(pl.len())
    return rows.with_columns(
        weight=pl.when(place.is_in([1, 3])).then(500).otherwise("weight"),
        colour=pl.when(place == 3).then(pl.lit("violet")).otherwise("colour"),
    )


FAULTS = (
    "column weight is not within -100 to 400 in 2 rows (first in row 2: '500.0'); "
    "column colour is not one of blue, green, red in 1 row (first in row 4: 'violet')"
)


def test_wrong_rows_are_named(model: Predictor, rows: pl.DataFrame, tmp_path: Path) -> None:
    """And nothing is written: neither a file, nor over one."""
    data, out = tmp_path / "new.csv", tmp_path / "out.csv"
    break_two(rows).write_csv(data)
    out.write_text("before")
    with pytest.raises(UserError) as error:
        predict_rows(model, data, out)
    advice = "`make predict DATA=new.csv OUT=predictions.csv SKIP=1` leaves such rows out"
    assert str(error.value) == f"{data} breaks the schema of kinds: {FAULTS}. {advice}."
    assert out.read_text() == "before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new.csv", "out.csv"]


def test_wrong_rows_are_skipped(model: Predictor, rows: pl.DataFrame, tmp_path: Path) -> None:
    data, out = tmp_path / "new.csv", tmp_path / "out.csv"
    break_two(rows).write_csv(data)
    said = predict_rows(model, data, out, skip=True)
    assert said == f"{out}: {rows.height - 2} rows, 2 left out: {FAULTS}"
    kept = [str(number) for number in rows["customer"] if number not in (101, 103)]
    assert read(out)["customer"].to_list() == kept


@pytest.mark.parametrize(
    ("change", "name", "out", "message"),
    [
        (lambda t: t.drop("colour"), "new.csv", "out.csv", "column colour is missing.$"),
        (lambda t: t.rename({"customer": "predicted"}), "new.csv", "out.csv", "column predicted"),
        (lambda t: t.clear(), "new.csv", "out.csv", "no row is left to predict.$"),
        (lambda t: t.with_columns(weight=999), "new.csv", "out.csv", "no row is left to predict, "),
        (lambda t: t, "new.csv", "out.xlsx", "has to end in .csv or .parquet"),
        (lambda t: t, "new.xlsx", "out.csv", "has to end in .csv, .csv.gz or .parquet"),
        (lambda t: t, "new.csv", "new.csv", "is the file to read"),
    ],
)
def test_what_cannot_be_predicted_is_named(
    model: Predictor,
    rows: pl.DataFrame,
    tmp_path: Path,
    change: Callable[[pl.DataFrame], pl.DataFrame],
    name: str,
    out: str,
    message: str,
) -> None:
    change(rows).write_csv(tmp_path / name)
    before = (tmp_path / name).read_bytes()
    with pytest.raises(UserError, match=message):
        predict_rows(model, tmp_path / name, tmp_path / out, skip=True)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_bytes() == before


def test_the_command_predicts_with_the_model_that_is_served(
    project: Path,
    rows: pl.DataFrame,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in ("models", "reports"):
        shutil.copytree(project / name, tmp_path / name)
    (tmp_path / "dvc.yaml").touch()
    rows.write_csv(tmp_path / "new.csv")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["", "--data", "new.csv", "--out", "out.csv"])
    module.main()
    assert capsys.readouterr().out == f"out.csv: {rows.height} rows\n"
    for arguments, said in (
        (["--data", "new.csv"], "Say which rows to predict, and where to write"),
        (["--data", "none.csv", "--out", "out.csv"], "none.csv is not there."),
    ):
        monkeypatch.setattr(sys, "argv", ["", *arguments])
        with pytest.raises(SystemExit, match=said):
            module.main()
