"""The locks satisfy what `pyproject.toml` asks for: this repository's own, and each framework's."""

import re
import runpy
import tomllib
from pathlib import Path

import pytest
from conftest import Bake
from packaging.requirements import Requirement
from support import CHOICES, ROOT, pins


def unmet(requirements: list[str], lock: Path) -> list[str]:
    """The requirements that no pin of a lock satisfies."""
    parsed = [Requirement(text) for text in requirements]
    return [
        str(each) for each in parsed if not each.specifier.contains(pins(lock).get(each.name.lower(), "0"))
    ]


def test_this_repository() -> None:
    """`requirements.txt` has what the tests and the site are made of."""
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["dependency-groups"]
    assert unmet([*groups["dev"], *groups["docs"]], ROOT / "requirements.txt") == []
    assert unmet(["pytest>=1000", "nowhere>=1"], ROOT / "requirements.txt") == ["pytest>=1000", "nowhere>=1"]


@pytest.mark.parametrize("framework", CHOICES["framework"])
def test_framework(bake: Bake, framework: str) -> None:
    """A framework's locks have its dependencies, with a hash for each package, and agree with each other."""
    project = bake(framework=framework)
    asked = tomllib.loads((project / "pyproject.toml").read_text("utf-8"))
    groups = {
        name: [r for r in group if isinstance(r, str)] for name, group in asked["dependency-groups"].items()
    }
    run, dev, serve = (project / f"requirements{suffix}.txt" for suffix in ("", "-dev", "-serve"))
    builds = groups.get("accelerator", [])
    direct = [requirement for requirement in asked["project"]["dependencies"] if requirement not in builds]
    assert len(direct) + len(builds) == len(asked["project"]["dependencies"])
    if builds:
        assert unmet(builds, project / "requirements-accelerator.txt") == []
    assert unmet(direct, run) == []
    assert unmet(direct + groups["dev"] + groups["serve"], dev) == []
    assert unmet(groups["serve"], serve) == []
    assert pins(run).items() <= pins(dev).items()
    assert pins(serve).items() <= pins(dev).items()
    for lock in (run, dev, serve):
        text = lock.read_text("utf-8")
        assert len(re.findall(r"^\w", text, re.M)) == len(
            re.findall(r"^\w.* \\\n    --hash=sha256:", text, re.M)
        )


@pytest.mark.parametrize("framework", CHOICES["framework"])
def test_what_an_exercise_adds_is_marked(bake: Bake, framework: str) -> None:
    """A lock is as `make lock` marks it: it takes nothing but its package out of a project."""
    lock = runpy.run_path(str(ROOT / "scripts/lock.py"))
    exercise = {"starting_point": "exercises", "__exercises": str(lock["EXERCISE"])}
    locks = [bake(framework=framework, **answers) / "requirements-dev.txt" for answers in ({}, exercise)]
    whole, without = map(pins, locks)
    assert whole == without | {"nbstripout": whole["nbstripout"]}
    assert "nbstripout" not in without
    marked = ROOT / "overlays/framework" / framework / "requirements-dev.txt"
    assert lock["mark"](*(path.read_text("utf-8") for path in locks)) == marked.read_text("utf-8")
