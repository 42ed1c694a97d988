import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import polars as pl
import pytest

from {{ cookiecutter.package_name }}.data import make_dataset
from workbench.errors import UserError
from {{ cookiecutter.package_name }}.features.splits import read_split
from {{ cookiecutter.package_name }}.models import compare_models
from {{ cookiecutter.package_name }}.reproducibility import (
    blame,
    container,
    report,
    reproduce,
    runs,
    workspace,
)
from {{ cookiecutter.package_name }}.reproducibility import (
    compare as compare_runs,
)
from workbench.record.measure import (
    ROOT,
    describe_packages,
)
from workbench.check.verdicts import compare

TEXTS = {
    "a.json": (
        '{"loss": {"mean": 0.5}}',
        '{"loss": {"mean": 0.75}}',
        "loss.mean: 0.5 became 0.75 (+0.25)",
    ),
    "a.csv": (
        "step,loss\n1,0.5\n2,0.25\n",
        "step,loss\n1,0.5\n2,0.5\n",
        "1 rows differ; row 1: loss 0.25",
    ),
    "a.md": ("mean 0.5\n", "mean 0.75\n", "line 1: 'mean 0.5' became 'mean 0.75'"),
}


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """Two folders: for the committed version of a file, and for the new one."""
    for name in ("before", "after"):
        (tmp_path / name).mkdir()
    return tmp_path / "before", tmp_path / "after"


@pytest.mark.parametrize("name", TEXTS)
def test_text_verdicts(pair: tuple[Path, Path], name: str) -> None:
    before, after = (folder / name for folder in pair)
    old, new, explanation = TEXTS[name]
    before.write_text(old)
    after.write_text(old)
    assert compare(before, after, 0).kind == "identical bytes"
    after.write_text(new)
    verdict = compare(before, after, rtol=1e-6)
    assert (verdict.kind, explanation in verdict.explanation) == ("different", True)
    assert compare(before, after, rtol=1).kind == "same numbers"
    after.write_text(old.replace("mean", "median").replace("loss", "error"))
    assert compare(before, after, rtol=1).kind == "different"


@pytest.fixture
def make_run(project: Path, tmp_path: Path) -> Callable[..., str]:
    """A function that leaves the record of a run that trained one of the project's models."""

    def make(name: str, seed: int, **changes: Any) -> str:
        config = {"seed": seed, "paths": {"output": str(project / f"models/seed_{seed}")}}
        record = {
            "script": "train_model",
            "status": "completed",
            "end": datetime.now(UTC).isoformat(),
            "config": config | {"directory": str(tmp_path / name / "checkpoints")},
            "code": {},
            "packages": {},
            "machine": {},
        }
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").write_text(json.dumps(record | changes))
        return str(tmp_path / name)

    return make


@pytest.mark.parametrize(
    ("seed", "status", "line"),
    [
        (0, 0, "The same weights: all "),
        (1, 1, "| config.seed "),
    ],
)
def test_two_runs_are_compared_value_by_value(
    make_run: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    seed: int,
    status: int,
    line: str,
) -> None:
    runs = [make_run("first", 0), make_run("second", seed)]
    monkeypatch.setattr(sys, "argv", ["compare", *runs])
    assert compare_runs.main() == status
    printed = capsys.readouterr().out
    assert line in printed
    assert "directory" not in printed  # it is each run's own
    assert (" numbers, by up to " in printed) == bool(status)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"status": "failed"}, "left no model: train_model, failed"),
        ({"end": "2020-01-01T00:00:00+00:00"}, "a later run has replaced its model"),
        (None, "is no directory of a run: run.json is not there"),
    ],
)
def test_what_is_no_run_with_a_model_is_refused(
    make_run: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    changes: dict[str, str] | None,
    message: str,
) -> None:
    other = "nowhere" if changes is None else make_run("second", 0, **changes)
    monkeypatch.setattr(sys, "argv", ["compare", make_run("first", 0), other])
    assert compare_runs.main() == 2
    assert message in capsys.readouterr().err


def test_weights_of_other_networks_are_told_apart() -> None:
    first = {"same": np.zeros(2), "shape": np.zeros(2), "value": np.zeros(2), "gone": np.zeros(1)}
    second = {"same": np.zeros(2), "shape": np.zeros(3), "value": np.array([0, 0.5])}
    assert compare_runs.describe_weights(first, second) == [
        ("shape", "shape (2,) and (3,)"),
        ("value", "1 of 2 numbers, by up to 0.5"),
        ("gone", "only the first model has it"),
    ]


def test_broken_file_is_different(pair: tuple[Path, Path]) -> None:
    before, after = (folder / "a.json" for folder in pair)
    before.write_text("{}")
    after.write_text("{")
    verdict = compare(before, after, rtol=1)
    assert (verdict.kind, "cannot be read as .json" in verdict.explanation) == ("different", True)


def test_model_verdicts(project: Path, tmp_path: Path) -> None:
    before, after = project / "models/seed_0/model.onnx", tmp_path / "model.onnx"
    features = read_split(project / "data/processed", "test").features
    model = onnx.load_model(before)
    kinds = {}
    for factor in (np.float32(1 - 2e-7), np.float32(-1)):
        changed = onnx.ModelProto.FromString(model.SerializeToString())
        for node in changed.graph.node:  # where trees have their weights
            for attribute in node.attribute:
                attribute.floats[:] = np.array(attribute.floats, dtype=np.float32) * factor
        for tensor in changed.graph.initializer:
            values = onnx.numpy_helper.to_array(tensor)
            if values.dtype == np.float32:
                tensor.CopyFrom(onnx.numpy_helper.from_array(values * factor, tensor.name))
        onnx.save_model(changed, after)
        kinds[float(factor) > 0] = compare(before, after, 1e-6, features)
    assert kinds[True].kind == "same numbers"
    assert "both predict the same for all 360 of the test split" in kinds[True].explanation
    assert kinds[False].kind == "different"
    assert "largest difference between the weights" in kinds[False].explanation
    assert "predictions on the test split differ for" in kinds[False].explanation


def test_folder_verdicts(pair: tuple[Path, Path]) -> None:
    before, after = pair
    for folder in pair:
        (folder / "a.json").write_text("[1.5]")
        (folder / "part").mkdir()
        (folder / "part/b.json").write_text("[2.5]")
    assert workspace.hash_output(before) == workspace.hash_output(after)
    assert compare(before, after, rtol=0).kind == "identical bytes"
    (after / "part/b.json").write_text("[2.75]")
    assert workspace.hash_output(before) != workspace.hash_output(after)
    assert compare(before, after, rtol=1).kind == "same numbers"
    assert compare(before, after, rtol=0).kind == "different"
    assert compare(before, after, rtol=0).explanation == "part/b.json: 0: 2.5 became 2.75 (+0.25)"
    (after / "a.json").rename(after / "c.json")
    verdict = compare(before, after, rtol=1)
    assert verdict.kind == "different"
    assert verdict.explanation == "only one of the two folders has a.json, c.json"


def test_table_and_figure_verdicts(project: Path, tmp_path: Path) -> None:
    before, after = project / "reports/predictions.parquet", tmp_path / "predictions.parquet"
    table = pl.read_parquet(before)
    table.with_columns(pl.col("probability_0") * (1 + 1e-5)).write_parquet(after)
    assert compare(before, after, rtol=1e-3).kind == "same numbers"
    assert compare(before, after, rtol=1e-7).kind == "different"
    table.with_columns(predicted=pl.col("predicted") + (pl.col("row") == 7)).write_parquet(after)
    explanation = compare(before, after, rtol=1e-3).explanation
    assert explanation.startswith("2 rows differ; row 7: predicted ")
    figures = project / "reports/figures"
    shutil.copy(figures / "learning_curves.png", tmp_path / "figure.png")
    verdict = compare(figures / "confusion_matrix.png", tmp_path / "figure.png", rtol=0)
    assert (verdict.kind, "pixels" in verdict.explanation) == ("different", True)


def test_cause_is_found_by_halving() -> None:
    factors = {"path", "hash_seed", "locale", "umask", "threads"}

    def trial(varied: set[str]) -> str:
        return "other" if "locale" in varied else "right"

    assert blame.find_cause(trial, factors, "right", original_here=True) == "the locale"

    def both(varied: set[str]) -> str:
        return "other" if {"path", "umask"} <= varied else "right"

    assert " together with " in blame.find_cause(both, factors, "right", original_here=True)
    assert blame.find_cause(lambda _: "same", factors, "edited", original_here=False).startswith(
        "dvc.lock"
    )


def test_first_difference_is_the_one_whose_inputs_are_the_same() -> None:
    stages = {
        "train": {"deps": [{"path": "data"}]},
        "predict": {"deps": [{"path": "models"}]},
    }
    different = {
        "metrics.json": workspace.Output("predict", "metrics.json", "1"),
        "models/seed_0/model.onnx": workspace.Output("train", "models/seed_0/model.onnx", "2"),
    }
    assert blame.find_first(stages, different).stage == "train"


def test_worst_output_decides() -> None:
    def result(*kinds: str) -> dict[str, Any]:
        outputs = [{"stage": "s", "path": "p", "kind": kind, "explanation": ""} for kind in kinds]
        return {
            "commit": "0123456789",
            "level": 1,
            "varied": [],
            "rtol": 1e-6,
            "cause": None,
            "damaged": [],
            "outputs": outputs,
        }

    assert reproduce.find_worst(result("identical bytes", "same numbers")) == "same numbers"
    assert (
        reproduce.find_worst(result("same numbers", "different", "identical bytes")) == "different"
    )
    text = reproduce.describe(result("identical bytes", "same numbers"))
    assert "1 of 2 outputs are not the same bytes, but the same numbers within 1e-06" in text


def test_models_are_ranked_and_tested() -> None:
    loss = "validation_loss"
    # For the differences 1, 2, 3: mean 2, standard deviation 1, t = 2 √3 with 2 degrees of freedom
    comparison = compare_models.compare(
        {
            "model=worst": {loss: [9.0, 9.0, 9.0]},
            "model=second": {loss: [2.0, 4.0, 6.0]},
            "model=best": {loss: [1.0, 2.0, 3.0]},
        }
    )
    assert list(comparison["candidates"]) == ["model=best", "model=second", "model=worst"]
    assert comparison["test"]["t"] == pytest.approx(2 * 3**0.5)
    assert comparison["test"]["p"] == pytest.approx(0.0741799, rel=1e-5)
    text = compare_models.describe({**comparison, "chosen": "model=second", "seeds": [0, 1, 2]})
    assert "`configs/config.yaml` chooses model=second: number 2 of 3." in text
    same = compare_models.compare({"a": {loss: [1.0, 2.0]}, "b": {loss: [2.0, 3.0]}})
    assert same["test"]["p"] is None


def test_record_of_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "outputs" / "run"
    options = [f"hydra.run.dir={folder}", f"paths.output={tmp_path / 'raw'}", "seed=7"]
    monkeypatch.setattr(sys, "argv", ["make_dataset", *options])
    make_dataset.main()
    (record,) = runs.read_runs(tmp_path)
    assert (record["status"], record["seed"]) == ("completed", 7)
    assert record["artifacts"] == [f"{record['config']['data']['name']}.csv"]
    assert record["packages"] == describe_packages()
    when, script, overrides, seed, *_ = runs.describe_run(record)
    assert when == record["start"][:19].replace("T", " ")
    assert (script, overrides, seed) == ("make_dataset", " ".join(options[1:]), "7")


STAGE = """
stages:
  make:
    cmd: python make.py
    deps: [make.py]
    outs: [table.csv]
"""
SCRIPT = """
import os, pathlib
user = os.environ.get("USER") == "somebody"
pathlib.Path("table.csv").write_text(f"value\\n{1 + user * CHANGE}\\n")
"""


@pytest.mark.parametrize(
    ("change", "rtol", "kind"),
    [("0", 0, "identical bytes"), ("1e-9", 1e-6, "same numbers"), ("1", 1e-6, "different")],
)
def test_check_of_a_small_pipeline(tmp_path: Path, change: str, rtol: float, kind: str) -> None:
    root, scratch = tmp_path / "project", tmp_path / "scratch"
    for folder in (root, scratch):
        folder.mkdir()
    (root / "dvc.yaml").write_text(STAGE)
    (root / "make.py").write_text(SCRIPT.replace("CHANGE", change))
    options = argparse.Namespace(level=1, perturb=1, bisect=1, rtol=rtol)
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.com")
    for command in (
        ("git", "init", "--quiet"),
        (sys.executable, "-m", "dvc", "init", "--quiet"),
        (sys.executable, "-m", "dvc", "repro", "--quiet"),
        ("git", "add", "--all"),
    ):
        subprocess.run(command, cwd=root, check=True)
    with pytest.raises(UserError, match="There is no commit to check"):
        reproduce.reproduce(options, scratch, root)
    subprocess.run(
        ["git", *identity, "commit", "--quiet", "--message", "Start"], cwd=root, check=True
    )
    result = reproduce.reproduce(options, scratch, root)
    assert [(row["path"], row["kind"]) for row in result["outputs"]] == [("table.csv", kind)]
    assert result["cause"] == (None if change == "0" else "table.csv: the user's name")
    (root / "make.py").write_text("")
    with pytest.raises(UserError, match="Files differ from the commit"):
        reproduce.reproduce(options, scratch, root)


def test_report_asks_what_only_a_person_knows(tmp_path: Path) -> None:
    shipped = report.read_answers(ROOT / "references/checklist.yaml")
    assert shipped.keys() == report.QUESTIONS.keys()
    path = tmp_path / "checklist.yaml"
    lines = ["a:", '- {question: "Where?", answer: Here}', *(f"{c}: []" for c in "bc")]
    path.write_text("\n".join(lines))
    with pytest.raises(UserError, match="needs a list"):
        report.read_answers(path)
    path.write_text("\n".join([*lines, "d:", '- {question: "When?", answer: }']))
    answers = report.read_answers(path)
    assert answers["a"] == ["**Where?** Here"]
    assert "Unanswered" in answers["d"][0]


def test_report_without_results_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="make all"):
        report.make_report(tmp_path)


def test_report_is_the_same_for_the_same_records(project: Path, tmp_path: Path) -> None:
    for name in ("configs", "references", "requirements.txt"):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / name)
    for name in ("data", "reports"):
        shutil.copytree(project / name, tmp_path / name)
    outs = [{"path": "data/raw/digits.csv", "md5": "abc123", "size": 5}]
    lock = {"stages": {"data": {"cmd": "make it", "outs": outs}}}
    (tmp_path / "dvc.lock").write_text(json.dumps(lock))
    machine = {
        "cpu": "Fast",
        "cpu_count": 8,
        "memory": 2**34,
        "gpus": [],
        "platform": "Some",
        "python": "3",
    }
    for number, status in enumerate(["completed", "failed"]):
        record = {
            "script": "train_model",
            "status": status,
            "start": f"2026-01-0{number + 1}",
            "wall_seconds": 1800.0,
            "machine": machine,
            "energy_kwh": 0.25,
            "co2_kg": None,
        }
        folder = tmp_path / "outputs" / str(number)
        folder.mkdir(parents=True)
        (folder / "run.json").write_text(json.dumps(record))
    text = report.make_report(tmp_path)
    assert text == report.make_report(tmp_path)
    assert "abc123" in text
    assert "| test       | 360" in text
    assert "over 2 seeds" in text
    assert "In all: 2 recorded runs (1 completed, 1 failed)" in text
    assert "3600 seconds (1 hours)" in text
    assert "Energy was measured for 2 of them: 0.5 kWh; CO2 for none." in text
    assert "no check was made on this machine" in text


def test_a_container_is_given_what_changes_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    monkeypatch.setenv("PASSWORD", "secret")
    environment = {**os.environ, "TZ": "Asia/Kathmandu"}
    command = container.make_command("image", tmp_path / "clone", environment)
    given = {value for option, value in pairwise(command) if option == "--env"}
    assert given >= {"OPENBLAS_CORETYPE=Haswell", "TZ=Asia/Kathmandu"}
    assert not any("secret" in word for word in command)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        ("no-such-docker build", "An image needs Docker: no-such-docker is not installed."),
        ("git no-such-command", "'no-such-command' is not a git command.*could not be built"),
    ],
)
def test_an_image_that_cannot_be_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, build: str, message: str
) -> None:
    monkeypatch.setenv("DOCKER_BUILD", build)
    with pytest.raises(UserError, match=f"(?s){message}"):
        container.build_image(tmp_path, "abc123")


def test_a_capsule_says_what_it_needs(tmp_path: Path) -> None:
    shutil.copy(Path(container.__file__).with_name("from_capsule.py"), tmp_path)
    (tmp_path / "capsule.json").write_text('{"python": "1.0", "variables": {}}')
    done = subprocess.run(
        [sys.executable, "from_capsule.py"],
        cwd=tmp_path,
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == "This needs Docker or Python 1.0, and neither is here.\n"
    assert done.returncode == 1
