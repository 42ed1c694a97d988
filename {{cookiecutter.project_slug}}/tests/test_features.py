"""The features, and which rows are in which split."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from workbench import streaming
from workbench.errors import UserError

from {{ cookiecutter.package_name }}.config import Config
from {{ cookiecutter.package_name }}.features.build_features import build_features, scale, split
from {{ cookiecutter.package_name }}.features.splits import read_split

NAMES = ("train", "validation", "test")


def test_scaling_maps_the_range_of_the_schema_to_0_to_1(config: Callable[..., Config]) -> None:
    table = pl.LazyFrame({"a": [0.0, 4.0, 16.0], "label": [0.0, 2.0, 1.0]})
    scaled = scale(table, config().data).collect()
    expected = {
        "a": pl.Series([0, 0.25, 1], dtype=pl.Float32),
        "label": pl.Series([0, 2, 1], dtype=pl.Int64),
    }
    assert_frame_equal(scaled, pl.DataFrame(expected))


def test_features_are_scaled_and_splits_have_their_sizes(project: Path) -> None:
    splits = [read_split(project / "data/processed", name) for name in NAMES]
    assert [len(part.labels) for part in splits] == [1077, 360, 360]
    for part in splits:
        assert part.features.dtype == np.float32
        assert part.features.min() == 0
        assert part.features.max() == 1


def test_rows_of_a_split_are_those_of_the_raw_table_in_its_order(
    config: Callable[..., Config], project: Path
) -> None:
    raw = pl.read_csv(project / "data/raw/digits.csv")
    for name, mask in split(raw["label"].to_numpy(), config().data).items():
        found = read_split(project / "data/processed", name)
        expected = raw.filter(mask)
        np.testing.assert_array_equal(found.labels, expected["label"])
        np.testing.assert_array_equal(found.features, expected.drop("label").to_numpy() / 16)


def test_each_row_is_in_one_split_and_classes_keep_their_shares(
    config: Callable[..., Config], project: Path
) -> None:
    labels = pl.read_csv(project / "data/raw/digits.csv")["label"].to_numpy()
    masks = split(labels, config().data)
    assert (np.sum(list(masks.values()), axis=0) == 1).all()
    share = np.bincount(labels) / len(labels)
    for mask in masks.values():
        np.testing.assert_allclose(np.bincount(labels[mask]) / mask.sum(), share, atol=0.005)


def test_pieces_give_the_same_rows(
    config: Callable[..., Config], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POLARS_CSV_CHUNK_SIZE", "1000")
    monkeypatch.setattr(streaming, "ROWS", 100)
    for path in build_features(config()):
        whole = pl.read_parquet(project / "data/processed" / path.name)
        assert_frame_equal(pl.read_parquet(path), whole)


def test_the_split_depends_on_its_own_seed_only(
    config: Callable[..., Config], project: Path
) -> None:
    expected = [(project / f"data/processed/{name}.parquet").read_bytes() for name in NAMES]
    same = [path.read_bytes() for path in build_features(config("seed=5"))]
    other = [path.read_bytes() for path in build_features(config("data.split_seed=5"))]
    assert same == expected
    assert other != expected


def test_a_split_that_is_too_small_is_named(config: Callable[..., Config]) -> None:
    with pytest.raises(UserError, match=r"data\.test_fraction"):
        build_features(config("data.test_fraction=0.001"))


def test_a_missing_split_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"train\.parquet is not there"):
        read_split(tmp_path, "train")
