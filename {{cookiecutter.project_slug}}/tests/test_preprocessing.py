"""The preprocessing by itself: gaps, categories, texts, and what it cannot prepare."""

from pathlib import Path

import numpy as np
import onnxruntime
import polars as pl
import pytest

from workbench.errors import UserError

from {{ cookiecutter.package_name }}.features.examples import Preprocessing, scan_split
from {{ cookiecutter.package_name }}.features.preprocessing import fit


def apply(project: Path, **cells: object) -> dict[str, float]:
    """The features of one row of the test split, in which some cells are changed."""
    preprocessing = Preprocessing(project / "data/processed/split_0")
    row = scan_split(project / "data/processed/split_0", "test").head(1).collect()
    values = [pl.lit(value, dtype=row.schema[name]).alias(name) for name, value in cells.items()]
    features = preprocessing.apply(row.with_columns(values))
    return dict(zip(preprocessing.facts["features"], features[0].tolist(), strict=True))


def find_set(features: dict[str, float], prefix: str) -> list[str]:
    """The names of those features that are not zero."""
    return [name for name, value in features.items() if name.startswith(prefix) and value]


def test_a_category_that_training_has_not_seen_changes_nothing_else(project: Path) -> None:
    known, unknown = apply(project, colour="red"), apply(project, colour="violet")
    assert known.pop("colour=red") == 1
    assert unknown.pop("colour=red") == 0
    assert unknown == known


def test_a_gap_is_the_median_of_numbers_a_category_of_its_own_and_no_text(project: Path) -> None:
    train = scan_split(project / "data/processed/split_0", "train").collect()
    gap = apply(project, length=None, colour=None, note=None)
    near = [train["length"].quantile(share) for share in (0.4, 0.6)]
    low, high = (apply(project, length=length)["length"] for length in near)
    assert low < gap["length"] < high
    assert find_set(gap, "colour=") == ["colour="]
    assert find_set(gap, "note: ") == []


def test_text_is_read_without_regard_to_case(project: Path) -> None:
    assert apply(project, note="SOFT ÉCLAIR") == apply(project, note="soft éclair")
    assert apply(project, note="soft")["note: 'sof'"] > apply(project, note="crisp")["note: 'sof'"]


def test_a_column_of_numbers_may_be_empty_or_always_the_same() -> None:
    numbers = np.array([[np.nan, 1]] * 3, dtype=np.float32)
    graph, features = fit({"numbers": numbers}, {"numbers": ["a", "b"]})
    session = onnxruntime.InferenceSession(graph.SerializeToString())
    found = session.run(None, {"numbers": np.array([[5, 1], [np.nan, 1]], dtype=np.float32)})[0]
    assert features == ["a", "b"]
    assert np.isfinite(found).all()
    assert (found[:, 1] == 0).all()


def test_a_text_without_a_character_is_named() -> None:
    with pytest.raises(UserError, match="column note has no text"):
        fit({"text": np.full((3, 1), "", dtype=object)}, {"text": ["note"]})
