"""Columns that `prepare` derives: the same in training and in the evaluation."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from workbench.errors import UserError

from {{ cookiecutter.package_name }}.features import build_features, examples
from {{ cookiecutter.package_name }}.models import predictor


def prepare(table: pl.DataFrame) -> pl.DataFrame:
    """A number, a truth value and a text in place of most columns."""
    return table.select(
        "noise",
        month=pl.col("picked").dt.month(),
        heavy=pl.col("weight") + pl.col("noise") > 150,
        name=pl.concat_str("colour", "ripe", ignore_nulls=True),
    )


def test_a_derived_column_is_there_wherever_rows_are(
    run: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (build_features, examples, predictor):
        monkeypatch.setattr(module, "prepare", prepare)
    root = run()
    train = examples.read_examples(root / "data/processed/split_0", "train")
    assert train.names[:3] == ["noise", "month", "heavy"]
    assert "name=redtrue" in train.names
    raw = examples.scan_split(root / "data/processed/split_0", "train").collect()
    heavy = (raw["weight"] + raw["noise"] > 150).to_numpy()
    assert 0 < heavy.sum() < raw.height
    assert (train.features[:, 2] > 0).tolist() == heavy.tolist()

    test = examples.scan_split(root / "data/processed/split_0", "test").collect()
    expected = pl.read_parquet(root / "reports/predictions.parquet").filter(seed=0)
    model = predictor.Predictor(root / "models/split_0/seed_0/model.onnx")
    found = [model.predict(test[[row]]).predicted[0] for row in range(test.height)]
    assert found == expected["predicted"].to_list()
    assert expected["predicted"].n_unique() > 1


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"a": pl.concat_list("weight", "noise")}, "no model takes the column a of type List"),
        ({"picked": pl.col("picked")}, "no column is left that a model can take"),
    ],
)
def test_what_no_model_takes_is_named(
    run: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    columns: dict[str, pl.Expr],
    message: str,
) -> None:
    monkeypatch.setattr(build_features, "prepare", lambda table: table.select(**columns))
    with pytest.raises(UserError, match=rf"^features/prepare\.py: {message}"):
        run()
