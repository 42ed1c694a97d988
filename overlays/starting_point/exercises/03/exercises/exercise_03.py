"""The same seed, the same bytes."""

import json
import random
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .support import PACKAGE, NotYet, copied_project, make_config, run, short_training
from .workflows import find_faults, find_hidden_failures, list_commands, read_workflow

if TYPE_CHECKING:
    from {{ cookiecutter.package_name }}.features.examples import Examples

TESTS = (
    "test_commands.py::test_a_run_in_another_process_writes_the_same_files",
    "test_lightning.py::test_a_resumed_run_ends_as_one_that_never_stopped*",
    "test_lightning.py::test_two_checkpoints_of_one_seed_hold_the_same_weights",
    "test_lightning.py::test_who_loads_the_batches_changes_nothing",
    "test_models.py::test_every_model_learns_and_repeats*",
)
FILES = ("model.onnx", "metrics.json", "learning_curve.csv")
RUNS = ("first", "second", "other")
SOURCES = f"src/{PACKAGE}/**/*.py"
WORKFLOW = ".github/workflows/ci.yml"
REPRODUCE = re.compile(r"(make reproduce\b(?![^|]*\s-)|python -m workbench\.check\.reproduce\b)")
INSTALL = re.compile(r"make setup\b|(uv |python -m )?pip3? (install|sync)\b")


class Seen(Exception):
    """The model was given its examples."""


class Listener:
    """A model that only looks at what it is given."""

    train: "Examples | None" = None

    def fit(self, train: "Examples", validation: "Examples", seed: int, threads: int) -> None:
        """Keep the training split, and go no further."""
        self.train = train
        raise Seen


def check() -> None:
    """Train in several processes, and compare what they write."""
    seed = random.randrange(1, 1000)
    with copied_project() as root:
        _write_splits(root)
        _check_examples(root)
        with ThreadPoolExecutor() as pool:  # of processes: each of them is slow to start
            seeds = seed, seed, seed + 1
            first, second, other = pool.map(_train, [root] * 3, RUNS, seeds, (1, 2, 1))
        if differ := [name for name in FILES if first[name] != second[name]]:
            raise NotYet(f"Two runs with seed={seed} wrote other bytes: {', '.join(differ)}.")
        if other["model.onnx"] == first["model.onnx"]:
            raise NotYet(f"seed={seed} and seed={seed + 1} give the same model.")
        _check_order(root)
        if any("PYTHONHASHSEED" in path.read_text("utf-8") for path in root.glob(SOURCES)):
            raise NotYet("PYTHONHASHSEED hides the reason: nobody has chosen the order yet.")
        _check_metrics(root, RUNS[0])
        _check_workflow(root / WORKFLOW)


def _write_splits(root: Path) -> None:
    from {{ cookiecutter.package_name }}.data.make_dataset import make_dataset
    from {{ cookiecutter.package_name }}.features.build_features import build_features

    make_dataset(make_config(root / "raw", "data=digits"))
    build_features(make_config(root / "splits/split_0", "data=digits", f"paths.raw={root / 'raw'}"))


def _check_examples(root: Path) -> None:
    """See whether the model learns from the training split, in whatever order."""
    split = _read_split(root)
    if _sort(_listen(root, seed=1)) != _sort(split):
        raise NotYet("The examples that `fit` is given, with their targets, are not the split's.")


def _check_order(root: Path) -> None:
    """See whether the seed governs the order of the examples, if they are shuffled."""
    first, second = (_list_classes(_listen(root, seed)) for seed in (1, 2))
    if first == second != _list_classes(_read_split(root)):
        raise NotYet("The examples are shuffled, and in the same way with every seed.")


def _read_split(root: Path) -> "Examples":
    from {{ cookiecutter.package_name }}.features.examples import read_examples

    return read_examples(root / "splits/split_0", "train")


def _listen(root: Path, seed: int) -> "Examples":
    """What a model is given to learn from."""
    from {{ cookiecutter.package_name }}.models.train_model import train_model

    config = make_config(root / "listened", f"paths.processed={root / 'splits'}", f"seed={seed}")
    config.model = listener = Listener()
    with suppress(Seen):
        train_model(config)
    if listener.train is None:
        raise NotYet("`train_model` does not call `fit` of the model.")
    return listener.train


def _sort(examples: "Examples") -> list[Any]:
    """The examples in an order of their own, each with its target."""
    return sorted(np.column_stack([examples.features, examples.targets]).tolist())


def _list_classes(examples: "Examples") -> list[Any]:
    """The examples of each class, in the order in which they are given: one by one, or by class."""
    classes = np.unique(examples.targets)
    return [examples.features[examples.targets == target].tolist() for target in classes]


def _train(root: Path, output: str, seed: int, hash_seed: int) -> dict[str, bytes]:
    """What a run writes, in a process that has its own hashes of strings."""
    result = run(
        *("python", "-m", f"{PACKAGE}.models.train_model", "model=mlp", short_training()),
        *(f"seed={seed}", "paths.processed=splits", f"hydra.run.dir={output}"),
        root=root,
        PYTHONHASHSEED=str(hash_seed),
        TRACKER="none",
    )
    if result.returncode:
        *_, last = ["", *result.stderr.splitlines()]
        raise NotYet(f"train_model fails: {last}")
    return {name: (root / output / name).read_bytes() for name in FILES}


def _check_metrics(root: Path, run: str) -> None:
    """See whether what is written about the model is true of it."""
    from {{ cookiecutter.package_name }}.features.examples import scan_split
    from {{ cookiecutter.package_name }}.models.predictor import Predictor

    output = root / run
    validation = scan_split(root / "splits/split_0", "validation").collect()
    predicted = Predictor(output / "model.onnx").predict(validation).predicted
    accuracy = float((predicted == validation["label"].to_numpy()).mean())
    metrics = json.loads((output / "metrics.json").read_text("utf-8"))
    if metrics["validation_accuracy"] != accuracy:
        raise NotYet(
            f"metrics.json says {metrics['validation_accuracy']:g}, "
            f"and model.onnx has a validation accuracy of {accuracy:g}."
        )


def _check_workflow(path: Path) -> None:
    """Look for a job that runs `make reproduce` whenever somebody pushes."""
    jobs, workflow = read_workflow(path) if path.is_file() else ({}, {})
    faults = [found for job in jobs.values() if (found := _find_faults(job, workflow)) is not None]
    if not faults:
        raise NotYet(f"No job of {WORKFLOW} runs `make reproduce`.")
    if all(faults):
        raise NotYet(f"{WORKFLOW}, the job that runs `make reproduce`: {faults[0][0]}")


def _find_faults(job: dict[str, Any], workflow: dict[Any, Any]) -> list[str] | None:
    """What is wrong with a job; None if it does not check whether the results reproduce."""
    commands = list_commands(job)
    lines = [line for _, line in commands]
    place = next((place for place, line in enumerate(lines) if REPRODUCE.match(line)), None)
    if place is None:
        return None
    faults = [*find_hidden_failures(job, *commands[place], workflow), *find_faults(job, workflow)]
    if not any(map(INSTALL.match, lines[:place])):
        faults.append("it does not install the lock and the project before: `make setup`.")
    return faults
