"""Projects that follow the template by cruft."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support import BIN, Result, git, replace, run, save

NAME = "my-ml-project"


@pytest.fixture
def cruft(home: Path) -> Callable[..., Result]:
    """A function that runs cruft in a folder."""

    def cruft(*arguments: str, cwd: Path) -> Result:
        return run(BIN / "cruft", *arguments, cwd=cwd, env={**os.environ, "HOME": str(home)})

    return cruft


def test_cruft(template: Path, tmp_path: Path, cruft: Callable[..., Result]) -> None:
    """`cruft create`, `check` and `update`: the template's change arrives, the user's changes stay."""
    done = cruft("create", str(template), "--no-input", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    project = tmp_path / NAME
    assert git(project, "log", "--format=%s") == "Start the project"
    assert json.loads((project / ".cruft.json").read_text())["commit"] == git(template, "rev-parse", "HEAD")
    save(project, "Follow the template")
    assert "up to date" in cruft("check", cwd=project).stdout

    readme = project / "README.md"
    readme.write_text(readme.read_text("utf-8").replace("## Your own data", "## Our data"), "utf-8")
    (project / "src/my_ml_project/data/mine.py").write_text("X = 1\n")
    save(project, "Our own changes")

    source = template / "{{cookiecutter.project_slug}}"
    tox = source / "tox.ini"
    tox.write_text(tox.read_text("utf-8") + "# New in the template\n", "utf-8")
    (source / "NEW.md").write_text("# New\n")
    save(template, "Better")
    behind = cruft("check", cwd=project)
    assert behind.returncode == 1
    assert "out of date" in behind.stdout + behind.stderr

    done = cruft("update", "--skip-apply-ask", cwd=project)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (project / "tox.ini").read_text("utf-8").endswith("# New in the template\n")
    assert (project / "NEW.md").read_text("utf-8") == "# New\n"
    assert "## Our data" in readme.read_text("utf-8")
    assert (project / "src/my_ml_project/data/mine.py").read_text() == "X = 1\n"
    changed = git(project, "status", "--porcelain").split()
    assert set(changed[1::2]) == {".cruft.json", "NEW.md", "tox.ini"}
    assert not list(project.rglob("*.rej"))
    save(project, "Update")
    assert cruft("check", cwd=project).returncode == 0


def test_cruft_follows_a_renamed_project(
    template: Path, tmp_path: Path, cruft: Callable[..., Result]
) -> None:
    """After `workbench.rename`, a better version of a module reaches the package of today."""
    assert cruft("create", str(template), "--no-input", cwd=tmp_path).returncode == 0
    project = tmp_path / NAME
    save(project, "Follow the template")
    environment = {**os.environ, "PYTHONPATH": str(project / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    command = (sys.executable, "-m", "workbench.rename", "churn", "--slug", "churn-model")
    done = run(*command, cwd=project, env=environment)
    assert done.returncode == 0, done.stderr
    save(project, "Rename")

    source = template / "{{cookiecutter.project_slug}}"
    module = "src/{{cookiecutter.package_name}}/models/metrics.py"
    replace(source / module, r"\Z", "\n\nBETTER = True\n")
    replace(source / "dvc.yaml", r"\Z", "      # of {{ cookiecutter.package_name }}\n")
    save(template, "Better")
    done = cruft("update", "--skip-apply-ask", cwd=project)
    assert done.returncode == 0, done.stdout + done.stderr
    assert git(project, "status", "--porcelain").split()[1::2] == [
        ".cruft.json",
        "dvc.yaml",
        "src/churn/models/metrics.py",
    ]
    assert (project / "dvc.yaml").read_text("utf-8").endswith("      # of churn\n")


def test_cruft_leaves_what_students_wrote(
    template: Path, tmp_path: Path, cruft: Callable[..., Result]
) -> None:
    """A better page, check and project reach a student, whose solution stays."""
    answers = json.dumps({"starting_point": "exercises", "__exercises": "6,7"})
    assert (
        cruft("create", str(template), "--no-input", "--extra-context", answers, cwd=tmp_path).returncode == 0
    )
    project = tmp_path / NAME
    metrics = project / "src/my_ml_project/models/metrics.py"
    interval = project / "src/workbench/statistics/interval.py"
    replace(interval, r"Error\(math.nan, math.nan\)", "Error(0.5, 1.0)  # what a student wrote")
    save(project, "Begin exercise 7")

    source = template / "{{cookiecutter.project_slug}}"
    exercise = template / "overlays/starting_point/exercises/07"
    replace(exercise / "docs/exercises/07-error-bars.md", r"\Z", "\nA better hint.\n")
    replace(exercise / "exercises/exercise_07.py", r"\Z", "\n# A better check\n")
    replace(
        source / "src/{{cookiecutter.package_name}}/models/metrics.py", r"\A\"\"\"Metrics", '"""The metrics'
    )
    save(template, "Better exercises")

    done = cruft("update", "--skip-apply-ask", cwd=project)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not list(project.rglob("*.rej"))
    assert metrics.read_text("utf-8").startswith('"""The metrics')
    assert "return Error(0.5, 1.0)  # what a student wrote\n" in interval.read_text("utf-8")
    assert (project / "docs/exercises/07-error-bars.md").read_text("utf-8").endswith("\nA better hint.\n")
    assert (project / "exercises/exercise_07.py").read_text("utf-8").endswith("\n# A better check\n")
