"""The recipes of the page "Make it yours", as a generated project has it: each ends with everything green."""

import os
import re
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from conftest import Bake
from support import CHOICES, PACKAGE, clone_project, files, git, hashes, in_project, once, path_of, run, sh
from test_judges import findings

PAGE = "docs/make_it_yours.md"
# A name of a file, if a paragraph ends with it; the language; the block
BLOCK = re.compile(r"(?:`([^`\n]+)`:\n\n)?^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
JUDGES = ["ruff-check", "ruff-format", "validate-pyproject", "hadolint", "rumdl"]
LONG = "x" * 40


@dataclass(frozen=True)
class Recipe:
    """What is to be seen after a recipe.

    Attributes:
        tests: The files of the project's tests that may have noticed.
        stages: The stages that run again.
        changed: The outputs that have other bytes then, as a regular expression.
        new: The outputs that were not there before.
    """

    tests: str
    stages: set[str] = field(default_factory=set)
    changed: str = "none"
    new: set[str] = field(default_factory=set)


RECIPES = {
    "The API": Recipe("lock prepare commands"),
    "A model": Recipe("models config lightning", {"train"}),
    "A tracker": Recipe("config lock"),
    "An experiment": Recipe("config commands"),
    "A stage": Recipe("list_errors", {"errors"}, new={"reports/errors.csv"}),
    "A metric": Recipe("metrics predict", {"predict", "visualize"}, r"reports/(metrics|served)\.\w+"),
    "A figure": Recipe("distribution visualize", {"visualize"}, new={"reports/figures/distribution.png"}),
    "A configuration group": Recipe("sampling training config", {"train"}),
    "A derived column": Recipe(
        "ink prepare features",
        {"features", "train", "predict", "visualize"},
        r"data/processed/split_0/preprocessing\.onnx|models/.*|reports/(?!examples).*",
    ),
}


def read_recipes(project: Path) -> dict[str, list[tuple[str, str, str]]]:
    """The blocks of each recipe of the page: a file's name or nothing, the language, the text."""
    titles_and_texts = re.split(r"^###? (.+)\n", (project / PAGE).read_text("utf-8"), flags=re.MULTILINE)[1:]
    recipes = zip(titles_and_texts[::2], map(BLOCK.findall, titles_and_texts[1::2]), strict=True)
    return {title: blocks for title, blocks in recipes if blocks}


def follow(project: Path, title: str, *, programs: str = "") -> None:
    """Do what a recipe says; of its commands, only those of some programs, where they are named."""
    for name, language, text in read_recipes(project)[title]:
        if language == "shell":
            lines = [line for line in text.splitlines() if line.startswith(programs)]
            sh("\n".join(lines), project, PATH=path_of(project))
        elif language == "diff":
            done = run("git", "apply", cwd=project, stdin=text)
            assert done.returncode == 0, f"{done.stderr}\n{text}"
        else:
            assert not (project / name).exists()
            (project / name).parent.mkdir(exist_ok=True)
            (project / name).write_text(text, encoding="utf-8")


@pytest.fixture
def clone(project: Path, tmp_path: Path) -> Path:
    """A clone of the project, with its environment and its results."""
    path = clone_project(project, tmp_path / "clone")
    cache = f"dvc config --local cache.dir '{project}/.dvc/cache' && dvc checkout -q"
    sh(cache, path, PATH=path_of(path))
    return path


def test_every_recipe_is_tried(default_project: Path) -> None:
    assert read_recipes(default_project).keys() == {"Rename the project", *RECIPES}


@pytest.mark.parametrize("framework", CHOICES["framework"])
@pytest.mark.parametrize("title", RECIPES)
def test_a_recipe_fits_a_project_of_any_name(bake: Bake, tmp_path: Path, framework: str, title: str) -> None:
    project = tmp_path / "project"
    shutil.copytree(bake(framework=framework, package_name=LONG), project)
    follow(project, title, programs="git ")
    git(project, "add", "--all")
    assert {judge: findings(judge, project) for judge in JUDGES} == dict.fromkeys(JUDGES, "")


@pytest.mark.parametrize("start", CHOICES["starting_point"])
@pytest.mark.parametrize("framework", CHOICES["framework"])
def test_a_renamed_project_is_what_would_have_been_generated(
    bake: Bake, tmp_path: Path, framework: str, start: str
) -> None:
    """Also if it is called like its data set, and back again."""
    first = bake(framework=framework, starting_point=start)
    second = bake(framework=framework, starting_point=start, package_name="digits", project_slug="digits")
    project = tmp_path / "project"
    shutil.copytree(first, project)
    environment = {**os.environ, "PYTHONPATH": str(project / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    for package, slug, expected in (("digits", "digits", second), (PACKAGE, "my-ml-project", first)):
        command = (sys.executable, "-m", "workbench.rename", package, "--slug", slug)
        done = run(*command, cwd=project, env=environment)
        assert done.returncode == 0, done.stderr
        assert files(project) == files(expected)
        git(project, "add", "--all")
        git(project, "commit", "--quiet", "--message", f"Call it {package}")


@pytest.mark.slow
@pytest.mark.exhaustive
@once
@in_project
def test_the_project_is_renamed(clone: Path) -> None:
    """In an environment of its own, from which the old name is gone."""
    sh("make docs", clone)  # whose pages would be in the way
    before = hashes(clone)
    follow(clone, "Rename the project")
    left = run("git", "grep", "-lE", f"{PACKAGE}|my-ml-project", "--", ":!requirements*", cwd=clone)
    assert left.stdout == ""
    sh("make lint typecheck docs", clone)
    tests = " ".join(f"tests/test_{name}.py" for name in ("commands", "config", "notebooks", "serving"))
    sh(f".venv/bin/python -m pytest -q {tests}", clone)
    assert "Running stage" not in sh("make all", clone).stdout
    sh("dvc repro -q --force --single-item data features train@0-0 predict", clone, PATH=path_of(clone))
    assert hashes(clone) == before
    assert ".venv" not in git(clone, "status", "--porcelain")


@pytest.mark.slow
@once
@in_project
@pytest.mark.exhaustive
@pytest.mark.parametrize("title", RECIPES)
def test_a_recipe_ends_with_everything_green(clone: Path, title: str) -> None:
    """And with the same bytes where nothing should change."""
    recipe, before = RECIPES[title], hashes(clone)
    follow(clone, title)
    sh("make clean lint typecheck docs", clone)
    paths = [f"tests/test_{name}.py" for name in recipe.tests.split()]
    tests = " ".join(path for path in paths if (clone / path).is_file())
    collect = ".venv/bin/python -m pytest -q --collect-only"
    sh(f"{collect} && .venv/bin/python -m pytest -q {tests}", clone, PYTHONPATH=str(clone / "src"))
    printed = sh("make all", clone).stdout
    assert set(re.findall(r"Running stage '(\w+)", printed)) == recipe.stages
    after = hashes(clone)
    changed = {path for path in before if after.get(path) != before[path]}
    assert changed == {path for path in before if re.fullmatch(recipe.changed, path)}
    assert after.keys() - before.keys() == recipe.new
    assert "up to date" in sh("dvc status", clone, PATH=path_of(clone)).stdout
