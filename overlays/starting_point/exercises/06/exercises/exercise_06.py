"""A missing pipeline stage."""

import json
import os
import random
import re
from contextlib import chdir
from pathlib import Path

import yaml

from .support import PACKAGE, NotYet, copied_project, environment, write_model

TESTS = ()
FIGURES = ("evaluation.png", "importance.png", "learning_curves.png", "variation.png")
PREDICTIONS = Path("reports/predictions.parquet")
TEST = Path("data/processed/split_0/test.parquet")
CODE = tuple(
    Path("src", PACKAGE, name)
    for name in (
        "visualization/visualize.py",
        "features/examples.py",
        "models/outcome.py",
        "models/predictor.py",
    )
)
LOCK = Path("requirements.txt")
CONFIG = Path("configs/config.yaml")
# What no figure shows, and a value that no figure depends on
OTHERS = (
    Path("README.md"),
    Path("configs/model/mlp.yaml"),
    Path("src", PACKAGE, "serving/app.py"),
    Path("src/workbench/capsule/pack.py"),
)
OTHER_VALUE = (r"(?m)^seed: .*", "seed: 7")
METRICS = (r"accuracy, balanced_accuracy", "balanced_accuracy, accuracy")
CLASSES = ("0", "1", "2")
N_ROWS = 30


def check() -> None:
    """Let DVC run the stage on made-up results, and see after which changes it would again."""
    with copied_project(in_git=True) as root:
        seeds = _invent_results(root)
        name = _find_stage(root)
        _reproduce(name, root)
        for figure in FIGURES:
            path = root / "reports" / "figures" / figure
            if not path.is_file() or not path.read_bytes().startswith(b"\x89PNG"):
                raise NotYet(f"`dvc repro {name}` does not draw reports/figures/{figure}.")
        first = _list_outputs(name, root)
        if missing := [figure for figure in FIGURES if f"reports/figures/{figure}" not in first]:
            raise NotYet(f"DVC does not keep {', '.join(missing)}: name it under `outs`.")
        if not _is_fresh(name, root):
            raise NotYet(f"`dvc status` finds a change in {name} right after it has run.")
        _check_changes(name, root, seeds)
        _change(root / PREDICTIONS, seeds)
        _reproduce(name, root)
        if _list_outputs(name, root) == first:
            raise NotYet(f"{name} draws the same figures whatever was predicted.")


def _check_changes(name: str, root: Path, seeds: list[int]) -> None:
    """See whether the stage would run again when, and only when, something that it uses changes."""
    folder = Path("models", "split_0", f"seed_{seeds[-1]}")
    curve, model = folder / "learning_curve.csv", folder / "model.onnx"
    for path in (PREDICTIONS, curve, model, TEST, LOCK, *CODE, *OTHERS):
        kept = (root / path).read_bytes()
        _change(root / path, seeds)
        fresh = _is_fresh(name, root)
        (root / path).write_bytes(kept)
        if path not in OTHERS and fresh:
            raise NotYet(f"{path.as_posix()} has changed, and DVC does not run {name} again.")
        if path in OTHERS and not fresh:
            text = f"{name} runs again when {path.as_posix()} changes"
            raise NotYet(f"{text}: name only what it reads.")
    config = (root / CONFIG).read_text(encoding="utf-8")
    for (pattern, text), used in ((METRICS, True), (OTHER_VALUE, False)):
        (root / CONFIG).write_text(re.sub(pattern, text, config), encoding="utf-8")
        if _is_fresh(name, root) == used:
            again = "does not run" if used else "runs"
            what = f"`{text}` stands in {CONFIG.as_posix()}"
            raise NotYet(f"{name} {again} again when {what}: name the parameters that it uses.")
    (root / CONFIG).write_text(config, encoding="utf-8")


def _invent_results(root: Path) -> list[int]:
    """Write a test split, models, predictions and learning curves, without training anything."""
    seeds: list[int] = yaml.safe_load((root / "configs/config.yaml").read_text("utf-8"))["seeds"]
    _write_predictions(root / PREDICTIONS, seeds, shift=0)
    _write_rows(root / TEST)
    numbers = {"mean": 0.9, "std": 0.01, "std_splits": None, "std_examples": 0.02}
    metrics = {"accuracy": {**numbers, "ci_low": 0.85, "ci_high": 0.95, "baseline": 0.3}}
    (root / "reports/metrics.json").write_text(json.dumps(metrics), encoding="utf-8")
    for seed in seeds:
        write_model(root / f"models/split_0/seed_{seed}/model.onnx", classes=CLASSES)
        _write_curve(root / f"models/split_0/seed_{seed}/learning_curve.csv", 0.5)
    os.environ.update(environment(root))  # of the stage's command
    return seeds


def _write_rows(path: Path) -> None:
    """Rows of the columns that the models take, with their target."""
    import polars as pl

    columns = {f"column_{i}": [random.gauss(0, 1) for _ in range(N_ROWS)] for i in range(4)}
    target = [CLASSES[row % 3] for row in range(N_ROWS)]
    path.parent.mkdir(parents=True, exist_ok=True)
    pl.DataFrame({"__row__": range(N_ROWS), **columns, "target": target}).write_parquet(path)


def _write_predictions(path: Path, seeds: list[int], shift: int) -> None:
    import polars as pl

    target = [row % 3 for row in range(N_ROWS)]
    predicted = [(place + shift * (row % 4 == 0)) % 3 for row, place in enumerate(target)]
    rows = {
        "row": list(range(N_ROWS)),
        "target": [CLASSES[place] for place in target],
        "predicted": [CLASSES[place] for place in predicted],
        **{
            f"probability_{label}": [0.8 if place == own else 0.1 for own in predicted]
            for place, label in enumerate(CLASSES)
        },
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    tables = [
        pl.DataFrame({"split": [0] * N_ROWS, "seed": [seed] * N_ROWS, **rows}) for seed in seeds
    ]
    pl.concat(tables).write_parquet(path)


def _write_curve(path: Path, loss: float) -> None:
    names = "step,train_loss,train_accuracy,validation_loss,validation_accuracy"
    rows = [f"{step},{loss / step},0.9,{loss / step},0.9" for step in (1, 2, 3)]
    path.write_text("\n".join([names, *rows]) + "\n", encoding="utf-8")


def _change(path: Path, seeds: list[int]) -> None:
    """Write other content of the same kind."""
    if path.name == PREDICTIONS.name:
        _write_predictions(path, seeds, shift=1)
    elif path.suffix == ".parquet":
        _write_rows(path)
    elif path.suffix == ".onnx":
        write_model(path, classes=CLASSES)
    elif path.suffix == ".csv":
        _write_curve(path, 0.7)
    else:
        path.write_text(path.read_text("utf-8") + "\n# A change\n", encoding="utf-8")


def _find_stage(root: Path) -> str:
    """The name of the stage that runs the drawing module."""
    stages = yaml.safe_load((root / "dvc.yaml").read_text("utf-8"))["stages"]
    names = [name for name, stage in stages.items() if "visualiz" in str(stage.get("cmd", ""))]
    if not names:
        raise NotYet(f"dvc.yaml has no stage that runs {PACKAGE}.visualization.visualize.")
    return str(names[0])


def _reproduce(name: str, root: Path) -> None:
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    try:
        with chdir(root):
            Repo().reproduce(name, single_item=True)
    except DvcException as error:
        reason = str(error.__cause__ or error).strip().partition("\n")[0]
        raise NotYet(f"`dvc repro {name}` fails: {reason}") from error


def _list_outputs(name: str, root: Path) -> dict[str, str]:
    """Each output that DVC keeps of a stage, with the hash of its content."""
    lock = yaml.safe_load((root / "dvc.lock").read_text("utf-8"))["stages"]
    return {out["path"]: str(out["md5"]) for out in lock[name].get("outs", [])}


def _is_fresh(name: str, root: Path) -> bool:
    from dvc.repo import Repo

    with chdir(root):
        return not Repo().status(targets=[name])
