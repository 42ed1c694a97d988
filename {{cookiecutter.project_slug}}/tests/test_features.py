# exercise 8 writes this file
"""The features that models learn from, and which rows are in which split."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from scipy.sparse import csr_array
from sklearn.preprocessing import FunctionTransformer

from workbench.data import streaming
from workbench.errors import UserError
from workbench.onnx.inputs import Inputs, to_arrays

from {{ cookiecutter.package_name }}.config import Config
from {{ cookiecutter.package_name }}.features.build_features import build_features
from {{ cookiecutter.package_name }}.features.examples import (
    Preprocessing,
    read_examples,
    scan_split,
)
from {{ cookiecutter.package_name }}.features.preprocessing import (
    make_categories,
    make_numbers,
    make_text,
)

NAMES = ("train", "validation", "test")
END = "model/features"  # where the preprocessing of a model's graph ends


@pytest.fixture(params=["project", "homes", "pictures"])
def processed(request: pytest.FixtureRequest) -> Path:
    """What `build_features` has written: for most kinds of column, for numbers, for an image."""
    return Path(request.getfixturevalue(request.param), "data/processed/split_0")


def test_each_row_of_the_raw_table_is_in_one_split(project: Path) -> None:
    raw = pl.read_parquet(project / "data/raw/kinds.parquet").drop("tree")  # it is ignored
    splits = [pl.read_parquet(project / f"data/processed/split_0/{name}.parquet") for name in NAMES]
    rows = [split["__row__"] for split in splits]
    assert pl.concat(rows).sort().to_list() == list(range(150))
    assert [len(part) for part in rows] == [90, 30, 30]
    for split, part in zip(splits, rows, strict=True):
        assert part.is_sorted()
        assert_frame_equal(split.drop("__row__"), raw[part.to_list()])
        assert set(split["fruit"].value_counts()["count"]) == {split.height / 3}


def test_targets_are_those_of_the_raw_table(project: Path, homes: Path) -> None:
    folder = project / "data/processed/split_0"
    classes = Preprocessing(folder).problem.classes
    for name in NAMES:
        targets = read_examples(folder, name).targets
        assert targets.dtype == np.int64
        labels = scan_split(folder, name).collect()["fruit"]
        assert [classes[place] for place in targets] == labels.to_list()
    folder = homes / "data/processed/split_0"
    train, test = (read_examples(folder, name).targets for name in ("train", "test"))
    assert (train.dtype, train.mean(), train.std()) == pytest.approx((np.float32, 0, 1), abs=1e-6)
    prices = scan_split(folder, "test").collect()["price"].to_numpy()
    of_train = scan_split(folder, "train").collect()["price"].to_numpy()
    np.testing.assert_allclose(test * of_train.std() + of_train.mean(), prices, rtol=1e-5)


def test_features_are_what_scikit_learn_makes_of_the_raw_columns(processed: Path) -> None:
    """Fitted on the training split, and computed by another program than ONNX."""
    preprocessing = Preprocessing(processed)
    inputs: Inputs = preprocessing.facts["inputs"]
    image = preprocessing.facts.get("image")
    train = to_arrays(scan_split(processed, "train").collect(), inputs, image)
    make = {"numbers": make_numbers, "categories": make_categories, "text": make_text}
    make["image"] = lambda _: FunctionTransformer(lambda a: a.reshape(len(a), -1) / 255)
    fitted = {kind: make[kind](array).fit(array) for kind, array in train.items()}
    for name in NAMES:
        arrays = to_arrays(scan_split(processed, name).collect(), inputs, image)
        parts = [csr_array(fitted[kind].transform(array)) for kind, array in arrays.items()]
        expected = np.hstack([part.toarray() for part in parts])
        found = read_examples(processed, name)
        np.testing.assert_allclose(found.features, expected, rtol=1e-5, atol=1e-6)
        assert found.features.dtype == np.float32
        assert found.features.shape[1] == len(found.names)


def test_a_model_computes_the_features_that_it_has_learnt_from(processed: Path) -> None:
    """Number by number: a model's file takes raw columns."""
    model = onnx.load(processed.parents[2] / "models/split_0/seed_0/model.onnx")
    inside: str = next(node.input[0] for node in model.graph.node if END in node.output)
    model.graph.output.append(onnx.helper.make_empty_tensor_value_info(inside))
    session = onnxruntime.InferenceSession(model.SerializeToString())
    facts = Preprocessing(processed).facts
    for name in NAMES:
        table = scan_split(processed, name).collect()
        arrays = to_arrays(table, facts["inputs"], facts.get("image"))
        (features,) = session.run([inside], arrays)
        np.testing.assert_array_equal(features, read_examples(processed, name).features)


def test_pixels_become_numbers_from_0_to_1_row_by_row(pictures: Path) -> None:
    processed = pictures / "data/processed/split_0"
    raw = scan_split(processed, "test").collect()["picture"].to_list()
    found = read_examples(processed, "test")
    expected = np.array([list(image) for image in raw]) / 255
    np.testing.assert_allclose(found.features, expected, rtol=1e-6)
    assert found.image == (4, 6, 3)
    assert len(found.names) == 72


def test_numbers_are_scaled_by_the_training_split_alone(homes: Path) -> None:
    folder = homes / "data/processed/split_0"
    train, test = (read_examples(folder, name) for name in ("train", "test"))
    assert train.names == ["area", "rooms", "noise"]
    np.testing.assert_allclose(train.features.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(train.features.std(axis=0), 1, rtol=1e-6)
    assert np.abs(test.features.mean(axis=0)).max() > 1e-3  # its own numbers would give 0


def test_pieces_give_the_same_rows(
    config: Callable[..., Config], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = read_examples(project / "data/processed/split_0", "train")
    monkeypatch.setattr(streaming, "ROWS", 7)
    for path in build_features(config())[:3]:
        assert_frame_equal(
            pl.read_parquet(path), pl.read_parquet(project / "data/processed/split_0" / path.name)
        )
    pieces = read_examples(project / "data/processed/split_0", "train")
    np.testing.assert_array_equal(pieces.features, whole.features)
    np.testing.assert_array_equal(pieces.targets, whole.targets)


def test_the_split_depends_on_its_own_seed_only(
    config: Callable[..., Config], project: Path
) -> None:
    names = [*(f"{name}.parquet" for name in NAMES), "preprocessing.onnx", "splits.md"]
    expected = {name: (project / "data/processed/split_0" / name).read_bytes() for name in names}
    same = {path.name: path.read_bytes() for path in build_features(config("seed=5"))}
    other = {path.name: path.read_bytes() for path in build_features(config("split=5"))}
    assert same.items() >= expected.items()
    assert not any(other[name] == expected[name] for name in names[:4])


def test_what_is_missing_is_named(
    config: Callable[..., Config], tmp_path: Path, project: Path
) -> None:
    with pytest.raises(UserError, match=r"preprocessing\.onnx is not there: run `make data`"):
        read_examples(tmp_path, "train")
    with pytest.raises(UserError, match=r"train\.parquet is not there: run `make data`"):
        scan_split(tmp_path, "train")
    with pytest.raises(UserError, match=r"other\.parquet is not there: run `make data`"):
        build_features(config("data.name=other"))
