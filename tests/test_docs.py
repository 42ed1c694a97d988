"""The site of the template: its pages, and the tutorial, whose commands are run."""

import os
import re
import shutil
import sys
from pathlib import Path

import pytest
import yaml
from conftest import Bake
from support import QUESTIONS, ROOT, replace, run

from scripts import tutorial

DOCS = ROOT / "docs"
BUILD = (sys.executable, "-m", "sphinx", "--fail-on-warning", "--keep-going", "-q")


def read(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def test_the_site_builds(tmp_path: Path) -> None:
    """`make docs`: without a warning, and a link to nowhere is one."""
    done = run(*BUILD, DOCS, tmp_path / "site", cwd=ROOT)
    assert done.returncode == 0, done.stderr
    for page in DOCS.glob("*.md"):
        assert (tmp_path / "site" / f"{page.stem}.html").is_file()
    copy = tmp_path / "copy"
    shutil.copytree(DOCS, copy / "docs", ignore=shutil.ignore_patterns("_build"))
    for name in ("pyproject.toml", "CONTRIBUTING.md", "CHANGELOG.md"):
        shutil.copyfile(ROOT / name, copy / name)
    replace(copy / "docs/design.md", r"\Z", "\n[nowhere](nowhere.md)\n")
    done = run(*BUILD, copy / "docs", copy / "site", cwd=copy)
    assert done.returncode != 0
    assert "nowhere" in done.stderr


def test_the_readme_is_short_and_its_links_lead_somewhere() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 120
    links = [link for link in re.findall(r"\]\(([^)]+)\)", text) if not link.startswith("https://")]
    assert len(links) > 10
    assert [link for link in links if not (ROOT / link.partition("#")[0]).exists()] == []


@pytest.mark.parametrize("page", [ROOT / "README.md", DOCS / "reference.md"], ids=lambda path: path.stem)
def test_every_question_is_listed(page: Path) -> None:
    rows = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \|", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    listed = {name for row in rows for name in re.findall(r"\w+", row)}
    assert set(QUESTIONS) <= listed


def test_every_command_and_test_that_a_page_names_is_there(bake: Bake) -> None:
    """And the reference leaves no command out."""
    project = bake(starting_point="exercises")
    targets = [
        set(re.findall(r"^([a-z-]+):", (folder / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
        for folder in (project, ROOT)
    ]
    for page in DOCS.glob("*.md"):
        text = page.read_text(encoding="utf-8")
        for command in re.findall(r"`make ([a-z][^`]*)`", text):
            names = re.findall(r"(?<!\S)([a-z-]+)(?!\S)", command)
            assert any(set(names) <= those for those in targets), f"{page.name}: make {command}"
        for name in re.findall(r"`(?:tests/)?((?:workbench/)?test_\w+\.py)`", text):
            assert (ROOT / "tests" / name).is_file(), f"{page.name}: {name}"
    listed = " ".join(re.findall(r"`make ([^`]+)`", read("reference.md"))).split()
    assert targets[0] - {"help"} <= set(listed)


def test_each_workflow_has_its_own_name() -> None:
    names = [yaml.safe_load(path.read_text("utf-8"))["name"] for path in ROOT.glob(".github/workflows/*.yml")]
    assert sorted(names) == ["CI", "Documentation"]


def test_the_tutorial_shows_what_it_has_run() -> None:
    """Every file that the page shows is written by the run, and none is left over."""
    blocks = tutorial.read_blocks()
    assert any("make reproduce" in block.commands for block in blocks)
    shown = [block.shown for block in blocks if block.shown]
    assert sorted([*shown, *tutorial.FIGURES]) == sorted(path.name for path in tutorial.SHOWN.iterdir())
    assert tutorial.PAGES.keys() <= set(shown)


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("commit ec99db9 in 3.1 s", "commit 5cbdd4c in 12 s", True),
        ("accuracy 0.9622", "accuracy 0.9619", True),
        ("accuracy 0.9622", "accuracy 0.8622", False),
        ("accuracy 0.9622", "accuracy 0.9622 0.9622", False),
        ("identical bytes", "different", False),
    ],
)
def test_what_may_differ(first: str, second: str, same: bool) -> None:
    assert tutorial.same(first, second) is same


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.xdist_group("tutorial")
def test_the_tutorial_runs_and_prints_what_it_shows(tmp_path: Path) -> None:
    if not any(map(shutil.which, tutorial.BROWSERS)):
        required = os.environ.get("REQUIRE_BROWSER")
        (pytest.fail if required else pytest.skip)("neither Chromium nor Chrome is installed here")
    tutorial.run(tmp_path)
    for path in tutorial.SHOWN.iterdir():
        if path.suffix == ".png":
            assert (tmp_path / path.name).stat().st_size > 10_000
        else:
            texts = [each.read_text(encoding="utf-8") for each in (path, tmp_path / path.name)]
            assert tutorial.same(*texts), f"{path.name}: `make tutorial` writes it again\n{texts[1]}"
