"""What the tests share besides fixtures: where things are, and how to call them."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from itertools import combinations, product
from pathlib import Path

from packaging.markers import Marker

ROOT = Path(__file__).resolve().parents[1]
TEMPLATE = ROOT / "{{cookiecutter.project_slug}}"
BIN = Path(sys.executable).parent  # where requirements.txt is installed: the judges' commands
SETTINGS = json.loads((ROOT / "cookiecutter.json").read_text("utf-8"))
QUESTIONS = [name for name in SETTINGS if not name.startswith("_")]
CHOICES = {name: SETTINGS[name] for name in QUESTIONS if isinstance(SETTINGS[name], list)}
REMOTE = "s3://bucket/project"

Answers = Mapping[str, str]
Result = subprocess.CompletedProcess[str]


def run(*command: str | Path, cwd: Path, env: Mapping[str, str] | None = None, stdin: str = "") -> Result:
    """Run a command with nobody at the keyboard."""
    return subprocess.run(
        command, cwd=cwd, env=env, input=stdin, capture_output=True, encoding="utf-8", errors="replace"
    )


def git(project: Path, *arguments: str) -> str:
    """What a Git command prints."""
    done = run("git", *arguments, cwd=project)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def generate(folder: Path, home: Path, *arguments: str, stdin: str = "", **environment: str) -> Result:
    """Call `cookiecutter` as people do: in `folder`, with the settings that lie in `home`."""
    inherited = {name: value for name, value in os.environ.items() if name != "GIT_CONFIG_GLOBAL"}
    return run(
        *(sys.executable, "-m", "cookiecutter", ROOT, *arguments),
        cwd=folder,
        env={**inherited, "HOME": str(home), **environment},
        stdin=stdin,
    )


def pins(lock: Path) -> dict[str, str]:
    """The versions that a lock file names, for whatever platform."""
    return {name: version for name, version, _ in _pinned(lock)}


def pins_here(lock: Path) -> dict[str, str]:
    """The versions that a lock file names for this platform."""
    return {
        name: version for name, version, marker in _pinned(lock) if not marker or Marker(marker).evaluate()
    }


def _pinned(lock: Path) -> list[tuple[str, str, str]]:
    return re.findall(
        r"^([\w.-]+)(?:\[.*\])?==(\S+)(?: ; (.+))? \\$", lock.read_text("utf-8"), flags=re.MULTILINE
    )


def files(project: Path) -> dict[str, bytes]:
    """Every file of a project but Git's own and what `dvc init`, where there is a dvc, keeps for itself."""
    return {
        path.relative_to(project).as_posix(): path.read_bytes()
        for path in sorted(project.rglob("*"))
        if path.is_file() and not {".git", "tmp"} & set(path.relative_to(project).parts)
    }


def covering(options: Mapping[str, list[str]]) -> list[dict[str, str]]:
    """Few combinations of values in which every pair of values of two questions occurs."""
    rows = [dict(zip(options, values, strict=True)) for values in product(*options.values())]
    pairs = {id(row): set(combinations(row.items(), 2)) for row in rows}
    missing = set().union(*pairs.values())
    chosen = []
    while missing:
        chosen.append(max(rows, key=lambda row: len(pairs[id(row)] & missing)))
        missing -= pairs[id(chosen[-1])]
    return chosen
