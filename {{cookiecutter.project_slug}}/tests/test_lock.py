"""The lock files satisfy pyproject.toml: where this fails, run `make lock`."""

import itertools
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
GROUPS = PYPROJECT["dependency-groups"]


def flatten(group: list[Any]) -> list[str]:
    """The requirements of a dependency group and of those that it includes."""
    parts = (
        [item] if isinstance(item, str) else flatten(GROUPS[item["include-group"]])
        for item in group
    )
    return list(itertools.chain.from_iterable(parts))


def find_unmet(requirements: list[str], lock: str) -> list[str]:
    """List the requirements that no pin of the lock file's text satisfies."""
    pins = dict(re.findall(r"^([\w.-]+)(?:\[.*\])?==(\S+)", lock, flags=re.MULTILINE))
    parsed = [Requirement(text) for text in requirements]
    return [
        str(requirement)
        for requirement in parsed
        if not requirement.specifier.contains(pins.get(requirement.name.lower(), "0"))
    ]


@pytest.mark.parametrize(
    ("name", "requirements"),
    [
        ("requirements.txt", PYPROJECT["project"]["dependencies"]),
        ("requirements-dev.txt", PYPROJECT["project"]["dependencies"] + flatten(GROUPS["dev"])),
        ("requirements-serve.txt", flatten(GROUPS["serve"])),
    ],
)
def test_the_lock_satisfies_pyproject(name: str, requirements: list[str]) -> None:
    lock = (ROOT / name).read_text(encoding="utf-8")
    # If it exists: packages with a build for each kind of processor, and so without hashes
    builds = [path.read_text(encoding="utf-8") for path in ROOT.glob("*-accelerator.txt")]
    assert find_unmet(requirements, "".join([lock, *builds])) == []
    packages = re.findall(r"^[^\s#]", lock, re.MULTILINE)
    hashed = re.findall(r"^[^\s=]+[^=\n]*==[^\n]+\n(?=    --hash=sha256:)", lock, re.MULTILINE)
    assert len(packages) == len(hashed) > 0


def test_an_unmet_requirement_is_found() -> None:
    assert find_unmet(["a>=2", "b>=2", "c>=2"], "a==2.0 \\\nb==1.9 \\\n") == ["b>=2", "c>=2"]
