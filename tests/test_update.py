"""Projects that follow the template by cruft."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from support import BIN, ROOT, git, run

NAME = "my-ml-project"


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """A repository of this template, as it lies here, with one commit."""
    path = tmp_path / "template"
    names = git(ROOT, "ls-files", "--cached", "--others", "--exclude-standard", "-z")
    archive = ["tar", "--null", "--files-from=-", "--create", "--ignore-failed-read"]
    packed = subprocess.run(archive, cwd=ROOT, input=names.encode(), capture_output=True)
    path.mkdir()
    subprocess.run(["tar", "--extract"], cwd=path, input=packed.stdout, check=True)
    git(path, "init", "--quiet", "--initial-branch", "main")
    save(path, "First")
    return path


def save(repository: Path, message: str) -> None:
    """Commit everything."""
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--message", message)


def test_cruft(template: Path, tmp_path: Path, home: Path) -> None:
    """`cruft create`, `check` and `update`: the template's change arrives, the user's changes stay."""

    def cruft(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        return run(BIN / "cruft", *arguments, cwd=cwd, env={**os.environ, "HOME": str(home)})

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
