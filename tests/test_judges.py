"""What others' programs have to say about the generated project, and about this repository."""

import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Bake
from support import BIN, CHOICES, OVERLAYS, ROOT, TEMPLATE, Result, git, run

YAMLLINT = "{extends: default, rules: {line-length: {max: 120}}}"
PACKAGES = ["a", "zebra", "x" * 40]  # lines are broken, and imports sorted, by their names
WORKFLOW = ".github/workflows/ci.yml"


def judge(program: str, *arguments: str | Path) -> Callable[[Path], Result]:
    """How to call a program in a project's folder."""
    return lambda project: run(BIN / program, *arguments, cwd=project)


def yamllint(project: Path) -> Result:
    """On the YAML files of a repository, but what is generated from, which is YAML only then."""
    names = git(project, "ls-files", "--cached", "--others", "--exclude-standard", "-z", "*.yml", "*.yaml")
    own = [name for name in names.split("\0") if name and not name.startswith(("{{", "overlays/"))]
    return run(BIN / "yamllint", "--format", "parsable", "--config-data", YAMLLINT, *own, cwd=project)


def codespell(project: Path) -> Result:
    """On what people wrote."""
    names = git(project, "ls-files", "--cached", "--others", "--exclude-standard", "-z").split("\0")
    others = r"requirements|\.ipynb$|LICENSE|^\{\{|^overlays/"
    own = [name for name in names if name and not re.search(others, name)]
    return run(BIN / "codespell", *own, cwd=project)


def zizmor(persona: str) -> Callable[[Path], Result]:
    """Without asking anybody, and without settings that would let something pass."""
    return judge("zizmor", "--offline", "--no-config", "--strict-collection", f"--persona={persona}", ".")


JUDGES = {
    "ruff-check": judge("ruff", "check", "--no-cache"),
    "ruff-format": judge("ruff", "format", "--check", "--no-cache"),
    "validate-pyproject": judge("validate-pyproject", "pyproject.toml"),
    "repo-review": judge("repo-review", "--format", "json", "."),
    "zizmor": zizmor("regular"),
    "zizmor-pedantic": zizmor("pedantic"),
    "actionlint": judge("actionlint"),
    "yamllint": yamllint,
    "hadolint": judge("hadolint", "--no-color", "Dockerfile", ".devcontainer/Dockerfile"),
    "rumdl": judge("rumdl", "check", "--no-cache", "."),
    "codespell": codespell,
    "mypy": judge("mypy", "--cache-dir", os.devnull),
}
HERE = [name for name in JUDGES if name != "hadolint"]  # no image is made of this repository
GENERATED = [
    name for name in JUDGES if name != "mypy"
]  # it needs the project's packages: tests/test_project.py
# For each judge: in which file, what is replaced by what, and what it says about that
FAULTS = {
    "ruff-check": ("tests/conftest.py", r"\A", "import os\n", "F401"),
    "ruff-format": ("tests/conftest.py", r"\Z", "x = {  'a':1 }\n", "would be reformatted"),
    "validate-pyproject": ("pyproject.toml", r"(?m)^license = .*$", 'license = "None of them"', "license"),
    "repo-review": (WORKFLOW, r"(?m)^  workflow_dispatch:\n", "", "GH103"),
    "zizmor": (WORKFLOW, r"setup-uv@[0-9a-f]{40}", "setup-uv@main", "unpinned-uses"),
    "zizmor-pedantic": (WORKFLOW, r"(?ms)^concurrency:.*?\n\n", "", "concurrency-limits"),
    "actionlint": (WORKFLOW, r"github\.ref\b", "github.rev", "rev"),
    "yamllint": ("dvc.yaml", r"(?m)^stages:", "stages :", "colons"),
    "rumdl": ("README.md", r"\A# ", "### ", "MD041"),
    "codespell": ("README.md", r"\Z", "\nAn adr" + "ess.\n", "==> address"),
    "hadolint": ("Dockerfile", r"(?m)^WORKDIR .*$", "WORKDIR app", "DL3000"),
}


def findings(name: str, project: Path) -> str:
    """What a judge objects to: nothing, or its own words."""
    assert list((project / WORKFLOW).parent.glob("*.yml")), "no workflow to judge"
    done = JUDGES[name](project)
    if name == "repo-review":  # it ends alike whether a check fails or the settings skip it
        checks = json.loads(done.stdout)["checks"]
        assert sum(check["result"] is True for check in checks.values()) > 20, done.stdout
        return "\n".join(
            f"{key} {check['description']}: {check['skip_reason'] or check['err_msg']}"
            for key, check in checks.items()
            if check["result"] is False or check["skip_reason"]
        )
    return "" if done.returncode == 0 else done.stdout + done.stderr or f"status {done.returncode}"


@pytest.mark.parametrize("start", CHOICES["starting_point"])
@pytest.mark.parametrize("framework", CHOICES["framework"])
@pytest.mark.parametrize("name", GENERATED)
def test_generated_project(bake: Bake, framework: str, start: str, name: str) -> None:
    """No judge finds anything in a project as it is generated."""
    assert findings(name, bake(framework=framework, starting_point=start)) == ""


@pytest.mark.parametrize("framework", CHOICES["framework"])
@pytest.mark.parametrize("package", PACKAGES)
def test_style_with_any_name(bake: Bake, framework: str, package: str) -> None:
    """The code is in style whatever the package's name is."""
    for start in CHOICES["starting_point"]:
        project = bake(framework=framework, package_name=package, starting_point=start)
        assert findings("ruff-check", project) == ""
        assert findings("ruff-format", project) == ""


@pytest.mark.parametrize("license_", CHOICES["license"])
def test_metadata_with_any_license(bake: Bake, license_: str) -> None:
    """The packaging metadata is valid for each licence."""
    project = bake(license=license_, description='"Quoted" \\ 👩\u200d🔬', project_slug="a.b_c-d")
    assert findings("validate-pyproject", project) == ""


@pytest.mark.parametrize("name", HERE)
def test_this_repository(name: str) -> None:
    """No judge finds anything in this repository."""
    assert findings(name, ROOT) == ""


@pytest.mark.parametrize("command", [["check"], ["format", "--check"]], ids=" ".join)
def test_template_in_place(default_project: Path, command: list[str]) -> None:
    """The template's own Python is in style as it lies there, with the marks of exercises."""
    sources = [path for path in [*TEMPLATE.rglob("*.py"), *OVERLAYS.rglob("*.py")] if "src" in path.parts]
    sources.append(OVERLAYS / "overlays.py")
    assert any("# end of exercise" in path.read_text("utf-8") for path in sources)
    settings = default_project / "pyproject.toml"
    done = run(BIN / "ruff", *command, "--no-cache", "--config", settings, *sources, cwd=TEMPLATE)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""


@pytest.mark.parametrize("name", FAULTS)
def test_judge_sees_a_fault(default_project: Path, tmp_path: Path, name: str) -> None:
    """A project with a fault does not pass the judge that is there for it."""
    file, pattern, replacement, finding = FAULTS[name]
    project = shutil.copytree(default_project, tmp_path / "project")
    text, count = re.subn(pattern, replacement, (project / file).read_text("utf-8"), count=1)
    assert count == 1
    (project / file).write_text(text, "utf-8")
    assert finding in findings(name, project)


def test_every_judge_has_a_fault() -> None:
    """No judge is taken on trust."""
    assert set(FAULTS) == set(GENERATED)


def test_ruff_sees_this_repository() -> None:
    """What keeps ruff out of the template keeps it out of nothing else."""
    done = run(BIN / "ruff", "check", "--show-files", cwd=ROOT)
    seen = {Path(line).relative_to(ROOT).as_posix() for line in done.stdout.splitlines()}
    names = git(ROOT, "ls-files", "-z", "*.py").split("\0")
    template = ("{{", "overlays/")
    assert seen >= {name for name in names if name and not name.startswith(template)}
    assert not [name for name in seen if name.startswith(template)]


def test_no_allow_lists(default_project: Path) -> None:
    """No judge is told, by a file or a comment, to look away."""
    told = re.compile(
        r"zizmor:\s*ignore|hadolint\s+ignore|yamllint\s+disable|tool\.repo-review|actionlint[^\n]*-ignore"
    )
    settings = re.compile(
        r"(^|/)(\.?zizmor\.ya?ml|\.hadolint\.ya?ml|\.yamllint(\.ya?ml)?|actionlint\.ya?ml)$"
    )
    for repository in (default_project, ROOT):
        for name in git(repository, "ls-files", "-z").split("\0"):
            path = repository / name
            assert not settings.search(name), name
            if path.is_file() and path.suffix in {"", ".yml", ".yaml", ".toml"}:
                assert not told.search(path.read_text("utf-8")), name
