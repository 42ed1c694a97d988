"""The same seed, the same bytes."""

import json
import random
from pathlib import Path

import yaml

from .support import PACKAGE, NotYet, copied_project, load_digits, run

TESTS = (
    "test_models.py::test_every_model_learns_and_repeats*",
    "test_models.py::test_a_script_in_another_process_writes_the_same_files",
)
FILES = ("model.onnx", "metrics.json", "learning_curve.csv")
WORKFLOW = ".github/workflows/ci.yml"
LEARNED = 0.5  # of ten classes, by chance: 0.1


def check() -> None:
    """Train in several processes, and compare what they write."""
    seed = random.randrange(1, 1000)
    with copied_project() as root:
        _write_splits(root / "splits")
        first, second = (_train(root, f"run{n}", seed, hash_seed=n) for n in (1, 2))
        if differ := [name for name in FILES if first[name] != second[name]]:
            raise NotYet(f"Two runs with seed={seed} wrote other bytes: {', '.join(differ)}.")
        other = _train(root, "other", seed + 1, hash_seed=1)
        if other["model.onnx"] == first["model.onnx"]:
            raise NotYet(f"seed={seed} and seed={seed + 1} give the same model.")
        _check_metrics(root / "run1")
        _check_workflow(root / WORKFLOW)


def _write_splits(folder: Path) -> None:
    import polars as pl

    folder.mkdir()
    for name, split in zip(("train", "validation"), load_digits(), strict=True):
        table = pl.DataFrame(split.features, schema=split.names)
        labels = pl.Series("label", split.labels)
        table.with_columns(labels).write_parquet(folder / f"{name}.parquet")


def _train(root: Path, output: str, seed: int, hash_seed: int) -> dict[str, bytes]:
    """What a run writes, in a process that has its own hashes of strings."""
    result = run(
        *("python", "-m", f"{PACKAGE}.models.train_model", "model=mlp"),
        *(f"seed={seed}", "paths.processed=splits", f"hydra.run.dir={output}"),
        root=root,
        PYTHONHASHSEED=str(hash_seed),
        TRACKER="none",
    )
    if result.returncode:
        *_, last = ["", *result.stderr.splitlines()]
        raise NotYet(f"train_model fails: {last}")
    return {name: (root / output / name).read_bytes() for name in FILES}


def _check_metrics(output: Path) -> None:
    """See whether what is written about the model is true of it, and whether it has learned."""
    from {{ cookiecutter.package_name }}.models.onnx_file import OnnxModel

    validation = load_digits()[1]
    labels, _ = OnnxModel(output / "model.onnx").predict(validation.features)
    accuracy = float((labels == validation.labels).mean())
    metrics = json.loads((output / "metrics.json").read_text("utf-8"))
    if metrics["validation_accuracy"] != accuracy:
        raise NotYet(
            f"metrics.json says {metrics['validation_accuracy']:g}, "
            f"and model.onnx has a validation accuracy of {accuracy:g}."
        )
    if accuracy < LEARNED:
        raise NotYet(
            f"The model has learned next to nothing (validation accuracy {accuracy:g}): "
            "does each example still have its own label?"
        )


def _check_workflow(path: Path) -> None:
    if not path.is_file():
        return
    job = yaml.safe_load(path.read_text("utf-8"))["jobs"].get("reproduce", {})
    if job.get("if") == "fromJSON('false')":
        raise NotYet(f"{WORKFLOW} still leaves out the job `reproduce`.")
