"""The commands of the Makefile that run the workbench, on a small project."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from dvc.repo import Repo

from workbench.check import reproduce
from workbench.record import diff, runs
from workbench.report import checklist

from {{ cookiecutter.package_name }}.models import compare_models

ROOT = Path(__file__).parents[1]
# Whatever the configuration names, these tests take this long and tell no tracker.
SETTINGS = {
    r"seeds: .*": "seeds: [0, 1]",
    r"splits: .*": "splits: [0]",
    r"(?m)^  (seed|split): .*": r"  \1: 0",
    r"- data: .*": "- data: kinds",
    r"- model: .*": "- model: mlp",
    r"- tracker: .*": "- tracker: none",
    r"- experiment: .*": "- experiment: null",
}
WRONG = "defaults: [mlp]\nhidden_layer_sizes: []\n"  # of a model that cannot be trained


@pytest.fixture(scope="module")
def compared(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with two seeds, and a good and a wrong model only, after `make compare`."""
    root = tmp_path_factory.mktemp("compared") / "project"
    shutil.copytree(project, root)
    for name in ("configs", "references", "src"):
        shutil.copytree(ROOT / name, root / name)
    shutil.copytree(ROOT / "tests/configs", root / "configs", dirs_exist_ok=True)
    for name in ("dvc.yaml", "pyproject.toml", "requirements.txt"):
        shutil.copy(ROOT / name, root)
    config = root / "configs/config.yaml"
    text = config.read_text(encoding="utf-8")
    for pattern, setting in SETTINGS.items():
        text = re.sub(pattern, setting, text)
    config.write_text(text, encoding="utf-8")
    for path in (*root.glob("configs/model/*.yaml"), *root.glob("configs/experiment/*.yaml")):
        if path.name != "mlp.yaml":
            path.unlink()
    (root / "configs/model/wrong.yaml").write_text(WRONG)
    (prepare,) = root.glob("src/*/features/prepare.py")  # the project's is for its own data
    prepare.write_text("def prepare(table):\n    return table\n")
    (root / "dvc.lock").write_text("stages: {}\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        patch.setenv("PYTHONHASHSEED", "7")
        compare_models.main()
    return root


@pytest.fixture
def inside(compared: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """This project as the current folder."""
    monkeypatch.chdir(compared)
    return compared


def test_compare_ranks_what_it_has_trained(inside: Path) -> None:
    comparison = json.loads((inside / "reports/comparison.json").read_text(encoding="utf-8"))
    assert list(comparison["candidates"]) == [comparison["chosen"]] == ["model=mlp"]
    assert comparison["seeds"] == [0, 1]
    files = list(inside.glob("multirun/**/metrics.json"))
    assert len(files) == 2
    losses = [json.loads(path.read_text())[compare_models.CRITERION] for path in files]
    compared = comparison["candidates"][comparison["chosen"]][compare_models.CRITERION]
    assert compared["mean"] == pytest.approx(sum(losses) / 2)


def test_compare_names_what_it_leaves_out(inside: Path) -> None:
    comparison = json.loads((inside / "reports/comparison.json").read_text(encoding="utf-8"))
    assert list(comparison["left_out"]) == ["model=wrong"]
    why = comparison["left_out"]["model=wrong"]
    assert "model.hidden_layer_sizes: List should have at least 1 item" in why
    text = (inside / "reports/comparison.md").read_text(encoding="utf-8")
    assert f"Left out: model=wrong ({why})" in text
    assert "chooses model=mlp: number 1 of 1." in text


def test_a_run_in_another_process_writes_the_same_files(inside: Path) -> None:
    folders = [path.parent for path in inside.glob("multirun/**/model.onnx")]
    assert len(folders) == 2
    for folder in folders:
        (seed,) = re.findall(r"seed_\d", folder.name)
        trained_here = inside / "models/split_0" / seed
        for name in ("model.onnx", "metrics.json", "learning_curve.csv"):
            same = (folder / name).read_bytes() == (trained_here / name).read_bytes()
            assert same, name  # pytest would look for the differences, for hours
        resolved = (folder / ".hydra/resolved.yaml").read_text(encoding="utf-8")
        assert f"output: {folder}" in resolved
        assert "validation loss" in (folder / "train_model.log").read_text(encoding="utf-8")


def test_runs_are_listed(inside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs.main()
    rows = capsys.readouterr().out.splitlines()[2:]
    assert len(rows) == 4
    for model, status in (("mlp", "completed"), ("wrong", "failed")):
        of_model = [row for row in rows if f"model={model} split=0 seed=" in row]
        assert [f"| {status} " in row for row in of_model] == [True, True]


def test_two_runs_are_told_apart(
    inside: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folders = sorted(str(path.parent) for path in inside.glob("multirun/**/model.onnx"))
    monkeypatch.setattr(sys, "argv", ["diff", *folders])
    assert diff.main() == 1
    printed = capsys.readouterr().out
    assert "| config.seed " in printed
    assert "weights differ" in printed


def test_the_report_is_written(inside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    checklist.main()
    assert "questions of references/checklist.yaml are unanswered" in capsys.readouterr().out
    report = (inside / "reports/reproducibility.md").read_text(encoding="utf-8")
    assert (inside / "reports/comparison.md").read_text(encoding="utf-8").strip() in report
    assert all(f"\n## ({letter}) " in report for letter in "abcd")


@pytest.mark.filterwarnings("ignore:_NoneStep:DeprecationWarning")  # DVC
def test_the_pipeline_reproduces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(ROOT / "tests/data/pipeline.yaml", tmp_path / "dvc.yaml")
    for name in ("pyproject.toml", ".gitignore"):
        shutil.copy(ROOT / name, tmp_path)
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.com")
    subprocess.run(["git", "init", "--quiet"], check=True)
    with Repo.init() as repository:
        repository.reproduce()
    subprocess.run(["git", "add", "--all"], check=True)
    subprocess.run(["git", *identity, "commit", "--quiet", "--message", "Start"], check=True)
    monkeypatch.setattr(sys, "argv", ["reproduce"])
    assert reproduce.main() == 0
    assert "all 1 outputs are the same bytes" in capsys.readouterr().out
    assert len(list(tmp_path.glob("outputs/reproduce/*/reproduction.json"))) == 1
