"""Tests of `src/workbench`, run in a generated project's folder, after `make all`, with its environment.

`tests/test_workbench.py` does so; by hand: `.venv/bin/python -m pytest <this folder>`.
"""

import dataclasses
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import measured
import pytest
from dvc.repo import Repo
from workbench.project import find_project, git
from workbench.record.record import FILE, VERSION, Code, Machine, Packages, Record
from workbench.record.runs import read_runs

HERE = Path(__file__).parent
MakeRecord = Callable[..., Record]
Measure = Callable[..., list[Record]]


@pytest.fixture(autouse=True)
def unaffected(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests has a name for Git, and no settings of their own for runs."""
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "A Tester")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "tester@example.com")
    monkeypatch.setenv("DVC_NO_ANALYTICS", "1")
    monkeypatch.setenv("HYDRA_FULL_ERROR", "1")
    for name in ("OPENBLAS_CORETYPE", "RANK", "LOCAL_RANK", "NODE_RANK", "SLURM_PROCID", "TRACKER"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def project() -> Path:
    """The generated project, with its results. Do not write into it."""
    root = find_project()
    assert (root / "models/split_0/seed_0/model.onnx").is_file(), "run `make all` first"
    return root


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with nothing but what the workbench looks for; the current folder."""
    root = tmp_path / "small"
    root.mkdir()
    (root / "dvc.yaml").write_text("stages: {}\n")
    (root / "pyproject.toml").write_text('[project]\nname = "small"\n')
    (root / ".gitignore").write_text("/outputs/\n/multirun/\n")
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def begun(small: Path) -> Path:
    """The small project with a configuration, a Git and a DVC repository: `make use` needs no more."""
    (small / "configs/data").mkdir(parents=True)
    (small / "configs/config.yaml").write_text("defaults:\n  - data: digits\n  - model: mlp\n")
    git("init", "--quiet", root=small)
    Repo.init(str(small)).close()
    return small


@pytest.fixture
def make_record(small: Path) -> MakeRecord:
    """A function that makes the complete record of a run in the small project, with some other values."""

    def make(name: str = "outputs/train_model/one", **changes: Any) -> Record:
        directory = small / name
        directory.mkdir(parents=True, exist_ok=True)
        record = Record(
            directory=directory,
            script="train_model",
            command=["python", "-m", "package.models.train_model", "seed=1"],
            overrides=["seed=1"],
            config={"seed": 1, "model": {"layers": [8, 8]}, "paths": {"output": str(directory)}},
            seed=1,
            sweep=None,
            start="2026-01-01T12:00:00.000+00:00",
            pid=4242,
            code=Code("0123456789abcdef0123456789abcdef01234567", "main", dirty=False, diff_sha256=None),
            packages=Packages("ab" * 32, {"numpy": ("2.1.0", "2.2.0"), "helper": ("1.0", None)}),
            machine=Machine("host", "3.12.1", "Some-System", "A Fast One", 8, 2**34, ["A GPU"], {}),
            status="completed",
            heartbeat="2026-01-01T12:30:00.000+00:00",
            end="2026-01-01T12:30:00.000+00:00",
            wall_seconds=1800.0,
            cpu_seconds=3600.0,
            peak_memory=2**30,
            metrics={"validation_loss": 0.25},
            artifacts=["metrics.json"],
            returned=0.25,
        )
        return dataclasses.replace(record, **changes)

    return make


@pytest.fixture
def measure(small: Path, monkeypatch: pytest.MonkeyPatch) -> Measure:
    """A function that runs `programs/measured.py` here, and gives every record, sorted by seed."""

    def measure(*overrides: str) -> list[Record]:
        monkeypatch.setattr(sys, "argv", ["measured", *overrides])
        measured.main()
        return sorted(read_runs(small), key=lambda record: record.seed or 0)

    return measure


@pytest.fixture
def commit(small: Path) -> Callable[[], None]:
    """A function that commits every file of the small project."""
    subprocess.run(["git", "init", "--quiet", "--initial-branch", "main"], cwd=small, check=True)

    def commit() -> None:
        subprocess.run(["git", "add", "--all"], cwd=small, check=True)
        message = ["--allow-empty", "--quiet", "--message", "Save"]
        subprocess.run(["git", "commit", *message], cwd=small, check=True)

    return commit


@pytest.fixture
def spoil(small: Path) -> Callable[[Path], dict[Path, str]]:
    """A function that writes files which are no record below a folder, and says what is wrong with each."""
    text = (HERE / "data/run.json").read_text(encoding="utf-8")
    values = json.loads(text)
    without = {key: value for key, value in values.items() if key != "start"}
    machine = {key: value for key, value in values["machine"].items() if key != "cpu"}
    spoiled: dict[str, tuple[Any, str]] = {
        "newer": (values | {"schema_version": 99}, f"has version 99; this project reads up to {VERSION}."),
        "incomplete": (without, "start: Field required."),
        "deep": (values | {"machine": machine}, "machine.cpu: Field required."),
        "wrong": (values | {"seed": "abc"}, "seed: Input should be a valid integer"),
        "list": ([values], "is not a record of a run: "),
        "cut": (text[:500], "is not a record of a run: "),
        "empty": ("", "is not a record of a run: "),
        "binary": (b"\xff\xfe", "is not a record of a run: "),
    }

    def spoil(folder: Path) -> dict[Path, str]:
        for name, (content, _) in spoiled.items():
            (folder / name).mkdir(parents=True)
            data = content if isinstance(content, str | bytes) else json.dumps(content)
            (folder / name / FILE).write_bytes(data.encode() if isinstance(data, str) else data)
        return {folder / name: message for name, (_, message) in spoiled.items()}

    return spoil


@pytest.fixture
def reported(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of what the report reads of the project, without any record; the current folder."""
    root = tmp_path / "reported"
    for name in ("configs", "data/processed", "references", "reports"):
        shutil.copytree(project / name, root / name)
    for name in ("dvc.lock", "dvc.yaml", "pyproject.toml", "requirements.txt"):
        shutil.copy(project / name, root)
    monkeypatch.chdir(root)
    return root


def call(module: str, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command of the workbench as the Makefile does."""
    command = [sys.executable, "-m", f"workbench.{module}", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, encoding="utf-8", check=False)
