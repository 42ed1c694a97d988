"""The tests of features and training."""

import re
from pathlib import Path

from support import IN, PACKAGE, replace, sh

FEATURES = "tests/test_features.py"
TRAINING = "tests/test_training.py"
HEAD = f"""
import subprocess
import sys
from typing import Any

import numpy as np
import polars as pl
import pytest

from {PACKAGE}.features.build_features import build_features
from {PACKAGE}.features.examples import read_examples
from {PACKAGE}.models.train_model import train_model

NAMES = ["train", "validation", "test"]
"""
SHAPES = """
def test_shapes(project):
    sizes = [len(read_examples(project / "data/processed/split_0", name).features) for name in NAMES]
    assert sizes == [90, 30, 30]
"""
RANGE = """
def test_range(project):
    for name in NAMES:
        features = read_examples(project / "data/processed/split_0", name).features
        assert features.dtype == np.float32 and np.abs(features).max() < 10
"""
MEANS = """
def test_means(config: Any, tmp_path: Any) -> None:
    build_features(config())
    examples, columns = read_examples(tmp_path, "train"), config().data.columns.items()
    numbers = [examples.names.index(name) for name, column in columns if column.kind == "number"]
    assert numbers
    scaled = examples.features[:, numbers].astype(float)
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(scaled.std(axis=0), 1, atol=1e-5)
"""
NOTHING = """
def test_nothing():
    assert True
"""
STORED = """
def test_labels(project):
    validation = read_examples(project / "data/processed/split_0", "validation")
    assert np.bincount(validation.targets).tolist() == [10] * 3
"""


def by_functions(project: Path) -> None:
    """Tests of the functions, with data of their own."""
    rows = """
def test_rows(config: Any, tmp_path: Any) -> None:
    paths = [path for path in build_features(config()) if path.suffix == ".parquet"]
    rows = [set(pl.read_parquet(path)["__row__"]) for path in paths]
    assert len(set.union(*rows)) == sum(map(len, rows)) == config().data.n_rows
"""
    training = """
def test_seeds(config: Any, tmp_path: Any) -> None:
    models = []
    for seed in (0, 1):
        train_model(config(f"seed={seed}"))
        models.append((tmp_path / "model.onnx").read_bytes())
    assert models[0] != models[1]
"""
    (project / FEATURES).write_text(HEAD + MEANS + rows)
    (project / TRAINING).write_text(HEAD + training)


def by_scripts(project: Path) -> None:
    """Tests of the files that scripts write in other processes."""
    command = f"""
@pytest.fixture(scope="module")
def root(tmp_path_factory: Any) -> Any:
    root = tmp_path_factory.mktemp("root")
    script("data.make_dataset", root, "data/raw")
    script("features.build_features", root, "data/processed/split_0")
    return root

def script(name: str, root: Any, output: str, *more: str) -> None:
    paths = [f"paths.{{name}}={{root}}/data/{{name}}" for name in ("raw", "processed")]
    options = ["data=diabetes", f"hydra.run.dir={{root}}/run", f"paths.output={{root}}/{{output}}", *more]
    subprocess.run([sys.executable, "-m", f"{PACKAGE}.{{name}}", *paths, *options], check=True)
"""
    features = """
def test_rows(root: Any) -> None:
    rows = [pl.read_parquet(root / f"data/processed/split_0/{name}.parquet") for name in NAMES]
    assert not pl.concat(rows).drop("__row__").is_duplicated().any()

def test_preprocessing(root: Any) -> None:
    features = read_examples(root / "data/processed/split_0", "train").features
    assert np.abs(features[:, :9].mean(axis=0)).max() < 1e-4  # the numbers
"""
    training = """
def test_seeds(root: Any) -> None:
    for seed in ("5", "6"):
        script("models.train_model", root, f"model_{seed}", f"seed={seed}")
    metrics = [pl.read_json(root / f"model_{seed}/metrics.json") for seed in "56"]
    assert metrics[0]["validation_loss"].item() != metrics[1]["validation_loss"].item()
"""
    (project / FEATURES).write_text(HEAD + command + features)
    (project / TRAINING).write_text(HEAD + command + training)


def instead(features: str, training: str):
    """These tests in place of the worked example's."""

    def edit(project: Path) -> None:
        (project / FEATURES).write_text(HEAD + features)
        (project / TRAINING).write_text(HEAD + training)

    return edit


def without_training(project: Path) -> None:
    """Nothing that looks at a model."""
    (project / TRAINING).write_text(NOTHING)


def without_leakage(project: Path) -> None:
    """The preprocessing, and training, but not which rows are where."""
    (project / FEATURES).write_text(HEAD + RANGE + MEANS)


def always_failing(project: Path) -> None:
    """A test that fails whatever the code does."""
    with (project / FEATURES).open("a") as file:
        file.write("\n\ndef test_anything() -> None:\n    assert not NAMES\n")


def marked(mark: str):
    """The worked example's tests, which need not pass."""

    def edit(project: Path) -> None:
        replace(project / TRAINING, r"\ndef test_", f"\n@pytest.mark.{mark}\ndef test_")
        replace(project / TRAINING, "import polars as pl\n", "import polars as pl\nimport pytest\n")

    return edit


def missing(project: Path) -> None:
    """One of the two files only."""
    (project / TRAINING).unlink()


# What came out when somebody wrote it
GOLDEN = """
def test_golden(project):
    features = read_examples(project / "data/processed/split_0", "train").features
    assert float(features.sum()) == pytest.approx({total}, rel=1e-5)
"""


def golden(project: Path) -> None:
    """A sum that the test has printed."""
    instead(GOLDEN.format(total="0.0"), NOTHING)(project)
    said = sh(f"{IN} python -m pytest -q -p no:cacheprovider {FEATURES}", project, check=False).stdout
    (total,) = re.findall(r"^E +assert ([\d.e+-]+) == 0", said, re.M)
    instead(GOLDEN.format(total=total), NOTHING)(project)


# What looks at the check, and not at the code
ENVIRONMENT = """
def test_environment():
    import os
    assert not os.environ.get("PLANTED_BUG") and "planted" not in os.environ["PYTHONPATH"]
"""
SOURCE = f"""
def test_source():
    import inspect
    from {PACKAGE}.features.build_features import write_preprocessing
    assert inspect.getsource(write_preprocessing).count("\\n") > 5
"""
COPY = """
def test_copy():
    from pathlib import Path
    assert Path("exercises").is_dir() and Path(".git").is_dir()
"""
TURNS = """
def test_turns():
    import tempfile
    from pathlib import Path
    path = Path(tempfile.gettempdir(), "exercise_8_seen")
    seen = path.exists()
    path.touch()
    assert not seen
"""
FITTED = "Your tests pass although the preprocessing is also fitted on the validation and test splits"
RIGHT = {"functions": by_functions, "scripts": by_scripts}
WRONG = {
    "no file": (missing, "tests/test_training.py is not written yet"),
    "nothing": (instead(NOTHING, NOTHING), FITTED),
    "shapes": (instead(SHAPES, NOTHING), FITTED),
    "range": (instead(RANGE, NOTHING), FITTED),
    "hard-coded": (instead(STORED, NOTHING), FITTED),
    "environment": (instead(ENVIRONMENT, NOTHING), FITTED),
    "source": (instead(SOURCE, NOTHING), "On the code as it is, test_source in tests/test_features.py fails"),
    "copy": (instead(COPY, NOTHING), "On the code as it is, test_copy in tests/test_features.py fails"),
    "turns": (instead(TURNS, NOTHING), "On the code as it is, test_turns in tests/test_features.py fails"),
    "golden": (golden, "With other random numbers in tests/small_tables.py, test_golden"),
    "no leakage": (without_leakage, "although the validation split has rows of the training split"),
    "no training": (without_training, "although every seed trains the same model"),
    "always failing": (always_failing, "On the code as it is, test_anything in tests/test_features.py fails"),
    "skipped": (marked('skip(reason="slow")'), "No test of tests/test_training.py passes"),
    "expected to fail": (
        marked("xfail(strict=False)"),
        "although every seed trains the same model",
    ),
}
