"""The course's project: what docs/course.md says of it."""

import re
import shutil
from pathlib import Path

from conftest import Bake
from support import BIN, ROOT, TEMPLATE, git, run

PAGE = (ROOT / "docs/course.md").read_text("utf-8")
UGLY = "import os,sys\ndef check( x ):\n    return eval(x)\n"


def test_the_report_of_the_course_can_be_copied_into_the_project(bake: Bake, tmp_path: Path) -> None:
    """Its script is no code of the project's, and its images are tracked."""
    project = shutil.copytree(bake(), tmp_path / "project")
    (project / "reports/README.md").write_text("# Exam template\n* [ ] Create a git repository\n")
    for name in ("reports/report.py", "first_steps/train.py"):
        (project / name).parent.mkdir(exist_ok=True)
        (project / name).write_text(UGLY)
    for name in ("overview", "evaluation"):
        (project / f"reports/figures/{name}.png").write_bytes(b"\x89PNG")
    for command in (["check"], ["format", "--check"]):
        done = run(BIN / "ruff", *command, "--no-cache", cwd=project)
        assert done.returncode == 0, done.stdout
    git(project, "add", "--all")
    added = git(project, "diff", "--cached", "--name-only").splitlines()
    names = ["README.md", "figures/overview.png", "report.py"]
    assert added == ["first_steps/train.py", *(f"reports/{name}" for name in names)]
    for folder in ("src/my_ml_project", "tests", "src/workbench"):
        (project / folder / "report.py").write_text(UGLY)
        done = run(BIN / "ruff", "check", "--no-cache", cwd=project)
        assert done.returncode == 1 and f"{folder}/report.py" in done.stdout
        (project / folder / "report.py").unlink()


def test_what_the_page_names_is_there(bake: Bake) -> None:
    """Each target of the Makefile, each page and each extra."""
    makefile = (TEMPLATE / "Makefile").read_text("utf-8")
    targets = {word for line in re.findall(r"`make ([a-z ]+)", PAGE) for word in line.split()}
    assert targets
    assert {name for name in targets if not re.search(rf"(?m)^{name}:.*##", makefile)} == set()
    pages = re.findall(r"`(docs/\w+\.md)`", PAGE)
    assert pages
    assert [page for page in pages if not (bake() / page).is_file()] == []
    extras = re.findall(r"EXTRAS=(\w+)", PAGE)
    assert extras
    assert [name for name in extras if f"\n{name} = [" not in (TEMPLATE / "pyproject.toml").read_text()] == []
