"""What is generated, for every value of every question and every pair of values."""

import ast
import configparser
import importlib
import json
import os
import re
import tomllib
from itertools import combinations, takewhile
from pathlib import Path

import nbformat
import pytest
import yaml
from conftest import Bake
from cookiecutter.generate import is_copy_only_path
from support import (
    CHOICES,
    OVERLAYS,
    QUESTIONS,
    REMOTE,
    ROOT,
    SETTINGS,
    TEMPLATE,
    covering,
    files,
    generate,
    git,
    pins,
)

OPTIONS = {**CHOICES, "dvc_remote": ["", REMOTE]}
COMBINATIONS = [
    # A combination's tests share one project, so they run in one worker.
    pytest.param(answers, id=name, marks=pytest.mark.xdist_group(name))
    for answers in covering(OPTIONS)
    if (name := "-".join(value.partition(":")[0] for value in answers.values() if value))
]
# How `license` is written in pyproject.toml, and a line of the text that it stands for
LICENSES = {
    "MIT": ("MIT", "Permission is hereby granted, free of charge"),
    "BSD-3-Clause": ("BSD-3-Clause", "Neither the name of the copyright holder nor the names of its"),
    "Apache-2.0": ("Apache-2.0", "Version 2.0, January 2004"),
    "GPL-3.0-or-later": ("GPL-3.0-or-later", "Version 3, 29 June 2007"),
    "Proprietary": ("LicenseRef-Proprietary", "All rights reserved."),
}


@pytest.fixture(scope="module", params=COMBINATIONS)
def answers(request: pytest.FixtureRequest) -> dict[str, str]:
    """One combination of values, with an author who is easy to find."""
    return {**request.param, "author_name": "Ada King Lovelace"}


@pytest.fixture(scope="module")
def project(answers: dict[str, str], bake: Bake) -> Path:
    """The project of these answers."""
    return bake(**answers)


def expected_tree(framework: str, exercises: bool = False) -> set[str]:
    """The files that `trees/` lists: those of every project, those of the framework, those of exercises."""
    names = {"slug": "my-ml-project", "package": "my_ml_project", "initials": "akl"}
    lines = [
        line.format(**names)
        for tree in ("common", framework, *(["exercises"] if exercises else []))
        for line in (ROOT / "tests" / "trees" / f"{tree}.txt").read_text("utf-8").splitlines()
    ]
    left_out = {line.removeprefix("- ") for line in lines if line.startswith("- ")}
    assert left_out <= set(lines)
    return {line for line in lines if not line.startswith("- ")} - left_out


def test_combinations_hold_every_pair() -> None:
    """The combinations below leave out no pair of values."""
    held = {pair for row in COMBINATIONS for pair in combinations(row.values[0].items(), 2)}
    for (one, some), (other, more) in combinations(OPTIONS.items(), 2):
        assert {((one, a), (other, b)) for a in some for b in more} <= held


def test_questions_are_explained() -> None:
    """Each question has a prompt of one line, and each choice a label."""
    prompts = SETTINGS["__prompts__"]
    assert list(prompts) == QUESTIONS
    for question, prompt in prompts.items():
        lines = prompt if question in CHOICES else {"__prompt__": prompt}
        assert list(lines) == ["__prompt__", *CHOICES.get(question, [])]
        assert all(line and "\n" not in line for line in lines.values())


def test_tree(project: Path, answers: dict[str, str]) -> None:
    """The files are exactly the listed ones, all of them committed; the overlays are gone."""
    expected = expected_tree(answers["framework"], answers["starting_point"] == "exercises")
    assert set(files(project)) == expected
    assert set(git(project, "ls-files").splitlines()) == expected
    assert not (project / "overlays").exists()


def test_repository(project: Path) -> None:
    """A Git repository of one commit on `main`, with nothing left to commit."""
    assert git(project, "log", "--all", "--format=%s|%D") == "Start the project|HEAD -> main"
    assert git(project, "status", "--porcelain") == ""


def test_no_jinja_left(project: Path) -> None:
    """Neither a path nor a text holds anything of the template language (GitHub's `${{ }}` may stay)."""
    for name, content in files(project).items():
        for text in (name, content.decode()):
            assert not re.search(r"(?<!\$)\{\{|\{%|cookiecutter\.", text), name


def test_files_parse(project: Path) -> None:
    """Every file that a program reads is well-formed."""
    parsers = {
        ".toml": tomllib.loads,
        ".yaml": yaml.safe_load,
        ".yml": yaml.safe_load,
        ".json": json.loads,
        ".py": ast.parse,
        ".ini": configparser.ConfigParser().read_string,
        ".ipynb": lambda text: nbformat.validate(nbformat.reads(text, as_version=4), relax_add_props=False),
    }
    parsed = set()
    for name, content in files(project).items():
        if parser := parsers.get(Path(name).suffix):
            parser(content.decode())
            parsed.add(Path(name).suffix)
    assert parsed == set(parsers)


def test_texts_are_tidy(project: Path) -> None:
    """Every text is UTF-8 with Unix line ends, ends in one line break, and has no spaces before one."""
    for name, content in files(project).items():
        text = content.decode()
        assert "\r" not in text, name
        assert not text or re.search(r"[^\n]\n\Z", text), name
        assert not re.search(r"[ \t]$", text, re.MULTILINE), name


def test_dvc_repository(project: Path, answers: dict[str, str]) -> None:
    """The files of a DVC repository, byte for byte as `dvc init` and `dvc remote add -d` write them."""
    config = "[core]\n    remote = storage\n['remote \"storage\"']\n" + f"    url = {REMOTE}\n"
    assert (project / ".dvc/.gitignore").read_bytes() == b"/config.local\n/tmp\n/cache\n"
    assert (project / ".dvc/config").read_text("utf-8") == (config if answers["dvc_remote"] else "")


@pytest.mark.parametrize(
    "remote", ["../store", "store", "/mnt/store", "~/store", "s3://b/ü%20x", "ssh://user@host:22/data"]
)
def test_dvc_remote(bake: Bake, remote: str) -> None:
    """A remote arrives as given; a relative path is one that starts at the project."""
    project = bake(dvc_remote=remote)
    section = configparser.ConfigParser(interpolation=None)
    section.read(project / ".dvc/config", encoding="utf-8")
    url = section["'remote \"storage\"'"]["url"]
    if "://" in remote or remote.startswith("~"):
        assert url == remote
    else:  # DVC reads it from .dvc/
        assert os.path.normpath(project / ".dvc" / url) == os.path.normpath(project / remote)


def test_license(project: Path, answers: dict[str, str]) -> None:
    """LICENSE and pyproject.toml tell of the same licence."""
    expression, _ = LICENSES[answers["license"]]
    text = (project / "LICENSE").read_text("utf-8")
    assert [name for name, (_, line) in LICENSES.items() if line in text] == [answers["license"]]
    metadata = tomllib.loads((project / "pyproject.toml").read_text("utf-8"))["project"]
    assert (metadata["license"], metadata["license-files"]) == (expression, ["LICENSE"])
    if answers["license"] not in {"Apache-2.0", "GPL-3.0-or-later"}:  # their text names no holder
        assert "Ada King Lovelace" in text


def test_python_version(project: Path, answers: dict[str, str]) -> None:
    """The chosen Python is the one of uv and pyenv, of both images and of conda."""
    version = answers["python_version"]
    assert (project / ".python-version").read_text() == f"{version}\n"
    images = re.findall(r"^FROM python:(\S+?)-", (project / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    assert set(images) == {version}
    assert f"It runs on Python {version}, " in (project / "README.md").read_text("utf-8")
    assert f"python={version}" in yaml.safe_load((project / "environment.yml").read_text())["dependencies"]


def test_framework(project: Path, answers: dict[str, str]) -> None:
    """What the framework needs is among the dependencies, and locked."""
    names = {"scikit-learn": "scikit-learn", "pytorch-lightning": "PyTorch Lightning"}
    assert f"with models from\n{names[answers['framework']]}.\n" in (project / "README.md").read_text("utf-8")
    needed = SETTINGS["_dependencies"][answers["framework"]]
    assert needed
    metadata = tomllib.loads((project / "pyproject.toml").read_text("utf-8"))["project"]
    assert set(needed) <= set(metadata["dependencies"])
    locks = (project.glob(name) for name in ("requirements.txt", "requirements-accelerator.txt"))
    locked = set().union(*(pins(lock) for found in locks for lock in found))
    assert {re.split("[<>=]", requirement)[0] for requirement in needed} <= locked


@pytest.mark.parametrize(
    ("name", "slug", "package", "initials"),
    [
        ("Café ML", "cafe-ml", "cafe_ml", "yn"),
        ("Größe  &  Gewicht", "grosse-gewicht", "grosse_gewicht", "yn"),
        ("digits.2", "digits-2", "digits_2", "yn"),
    ],
)
def test_pressing_enter(folder: Path, home: Path, name: str, slug: str, package: str, initials: str) -> None:
    """All other names derive from the project's; Enter takes them."""
    done = generate(folder, home, stdin=f"{name}\n" + "\n" * (len(QUESTIONS) - 1))
    assert done.returncode == 0, done.stderr
    project = folder / slug
    assert (project / "src" / package / "__init__.py").is_file()
    assert (project / f"notebooks/1.0-{initials}-initial-data-exploration.ipynb").is_file()
    assert tomllib.loads((project / "pyproject.toml").read_text("utf-8"))["project"]["name"] == slug
    assert (project / "README.md").read_text("utf-8").startswith(f"# {name}\n")


def test_same_answers_same_bytes(default_project: Path, folder: Path, home: Path) -> None:
    """Another locale, time zone, umask and hash seed change nothing, down to Git's tree."""
    surroundings = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0", "TZ": "Asia/Tokyo"}
    before = os.umask(0o077)
    try:
        done = generate(folder, home, "--no-input", PYTHONHASHSEED="7", **surroundings)
    finally:
        os.umask(before)
    assert done.returncode == 0, done.stderr
    again = folder / default_project.name
    assert files(again) == files(default_project)
    assert git(again, "rev-parse", "HEAD^{tree}") == git(default_project, "rev-parse", "HEAD^{tree}")


def test_tree_of_the_readme(default_project: Path) -> None:
    """The tree that the project's README draws has every top-level entry, and nothing that is not there."""
    readme = (default_project / "README.md").read_text("utf-8")
    drawn = documented_paths(readme)
    assert drawn, "README.md draws no tree"
    missing = {path for path in drawn if not (default_project / path).exists()}
    assert not missing
    entries = {path.name for path in default_project.iterdir() if path.name != ".git"}
    assert entries <= {path.partition("/")[0] for path in drawn}


def test_the_readme_is_short(bake: Bake) -> None:
    """Whatever the answers, it has 100 lines at most."""
    longest = bake(framework="pytorch-lightning", starting_point="exercises", dvc_remote=REMOTE)
    assert len((longest / "README.md").read_text("utf-8").splitlines()) <= 100


def documented_paths(readme: str) -> set[str]:
    """The paths that a README draws as a tree.

    A remark follows an entry after two spaces. It may name folders inside (`raw/`) and variants (`-dev`).
    """
    paths, parents = set(), [""]
    for bars, text in re.findall(r"^([│├└─ ]*)[├└]── (.*)$", readme, re.MULTILINE):
        del parents[1 + len(bars) // 4 :]
        first, *rest = re.split(r" {2,}", text)
        names = [first, *takewhile(re.compile(r"\S*[./]\S*|[A-Z]+").fullmatch, rest)]
        paths |= {parents[-1] + name for name in names}
        parents.append(parents[-1] + names[-1])
        remark = " ".join(rest[len(names) - 1 :])
        paths |= {parents[-1] + inner for inner in re.findall(r"(?<![\w/])\w+/", remark)}
        stem, _, suffix = parents[-1].rpartition(".")
        paths |= {f"{stem}{variant}.{suffix}" for variant in re.findall(r"(?<!\S)-\w+", remark)}
    return {path.rstrip("/") for path in paths}


def test_rendered_files_are_to_be_rendered() -> None:
    """What holds no Jinja is listed in `_copy_without_render`: rendering is most of what generation takes."""
    context = {"cookiecutter": SETTINGS}
    for path in filter(Path.is_file, TEMPLATE.rglob("*")):
        inside = path.relative_to(TEMPLATE)
        if not any(is_copy_only_path(str(place), context) for place in (inside, *inside.parents)):
            assert re.search(r"\{\{|\{%", path.read_text("utf-8")), path


def test_overlays_know_answers_only() -> None:
    """No overlay holds what only Jinja understands: overlays are copied without it."""
    paths = [path for path in OVERLAYS.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    texts = {path: path.read_text("utf-8") for path in paths}
    assert any("{{ cookiecutter." in text for text in texts.values())
    for path, text in texts.items():
        assert not re.search(r"(?<!\$)\{\{(?! ?cookiecutter\.\w+ ?\}\})|\{%|\{#", text), path


def test_python_of_the_template_is_plain() -> None:
    """No Python file of the template holds a Jinja condition, so that editors and linters can open it."""
    sources = [*TEMPLATE.rglob("*.py"), *OVERLAYS.rglob("*.py")]
    assert sources
    assert not [path for path in sources if "{%" in path.read_text("utf-8")]


def test_importing_from_the_template_leaves_no_bytecode_in_it() -> None:
    importlib.import_module("overlays")
    assert not (TEMPLATE / "overlays/__pycache__").exists()


def test_frameworks_differ_in_their_estimators_only(bake: Bake) -> None:
    """Whichever framework trains the models, the rest of the package is the same files."""
    first, *others = [
        {name: text for name, text in files(bake(framework=framework)).items() if name.startswith("src/")}
        for framework in CHOICES["framework"]
    ]
    assert others
    for other in others:
        differ = {name for name in first | other if first.get(name) != other.get(name)}
        assert {str(Path(name).parent) for name in differ} == {"src/my_ml_project/models/estimators"}


@pytest.mark.parametrize("framework", CHOICES["framework"])
def test_locks(framework: str) -> None:
    """Every package is exact and hashed, and no lock says where to get it or how it was made elsewhere."""
    locks = sorted((ROOT / "overlays/framework" / framework).glob("requirements*.txt"))
    hashed = {*("requirements.txt", "requirements-dev.txt", "requirements-serve.txt")}
    unhashed = {path for path in locks if path.name not in hashed}
    assert {path.name for path in {*locks} - unhashed} == hashed
    # The one package that is left out of them has hashes of its own for each accelerator.
    assert [pins(path).keys() for path in unhashed] == [{"torch"}] * (framework == "pytorch-lightning")
    for path in [*locks, ROOT / "requirements.txt"]:
        assert not re.findall(r"^(nvidia|cuda|triton)\S*", path.read_text("utf-8"), re.MULTILINE)
        lock = path.read_text("utf-8")
        assert "://" not in lock
        assert not re.search(r"^\s*-{1,2}(i|f|index|extra|find|trusted)", lock, re.MULTILINE)
        requirements = re.findall(r"^[^\s#].*(?:\n    --hash.*)*", lock, re.MULTILINE)
        assert requirements
        for requirement in requirements:
            assert re.match(r"[\w.-]+(\[[\w, -]+\])?==\S+", requirement), requirement
            assert path in unhashed or "--hash=sha256:" in requirement, requirement
    runtime = next(path for path in locks if path.name == "requirements.txt").read_text("utf-8")
    assert not re.search("^pandas==", runtime, re.MULTILINE)
