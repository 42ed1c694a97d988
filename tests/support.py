"""What the tests share besides fixtures: where things are, and how to call them."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import combinations, product
from pathlib import Path
from typing import Any

import pytest
import yaml
from cookiecutter.main import cookiecutter
from packaging.markers import Marker

ROOT = Path(__file__).resolve().parents[1]
PROGRAMS = ROOT / "tests" / "programs"  # that tests run, or plant in a project
TEMPLATE = ROOT / "{{cookiecutter.project_slug}}"
OVERLAYS = ROOT / "overlays"
BIN = Path(sys.executable).parent  # where requirements.txt is installed: the judges' commands
SETTINGS = json.loads((ROOT / "cookiecutter.json").read_text("utf-8"))
QUESTIONS = [name for name in SETTINGS if not name.startswith("_")]
CHOICES = {name: SETTINGS[name] for name in QUESTIONS if isinstance(SETTINGS[name], list)}
PYTHONS = {"scikit-learn": "3.12", "pytorch-lightning": "3.11"}
REMOTE = "s3://bucket/project"
PACKAGE = "my_ml_project"
# Tests that share an installed project run in one worker; three groups keep both workers busy.
in_project = pytest.mark.xdist_group("project")
in_containers = pytest.mark.xdist_group("containers")
apart = pytest.mark.xdist_group("reproducibility")
# What hardly depends on the framework: run for the first one always, for the others by `make test-all`.
once = pytest.mark.once

SCRIPTS = f"src/{PACKAGE}"
FAULT = "reports/fault.json"

Answers = Mapping[str, str]
Result = subprocess.CompletedProcess[str]


def in_make_test(values: Iterable[Any], *chosen: Any) -> list[Any]:
    """Parameters of a test, of which `make test` takes the chosen ones; `make test-all` takes all."""
    return [v if v in chosen else pytest.param(v, marks=pytest.mark.exhaustive) for v in values]


def run(
    *command: str | Path,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    stdin: str = "",
    start_new_session: bool = False,
) -> Result:
    """Run a command with nobody at the keyboard."""
    return subprocess.run(
        command,
        cwd=cwd,
        env=env,
        input=stdin,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=start_new_session,
    )


def git(project: Path, *arguments: str) -> str:
    """What a Git command prints."""
    done = run("git", *arguments, cwd=project)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def save(repository: Path, message: str) -> None:
    """Commit everything."""
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--message", message)


def generate(
    folder: Path, home: Path, *arguments: str, stdin: str = "", template: Path = ROOT, **environment: str
) -> Result:
    """Call `cookiecutter` as people do: in `folder`, with the settings that lie in `home`."""
    inherited = {name: value for name, value in os.environ.items() if name != "GIT_CONFIG_GLOBAL"}
    return run(
        *(sys.executable, "-m", "cookiecutter", template, *arguments),
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
        r"^([\w.-]+)(?:\[.*\])?==(\S+)(?: ; (.+?))?(?: \\)?$", lock.read_text("utf-8"), flags=re.MULTILINE
    )


def files(project: Path) -> dict[str, bytes]:
    """Every file of a project but Git's own."""
    return {
        path.relative_to(project).as_posix(): path.read_bytes()
        for path in sorted(project.rglob("*"))
        if path.is_file() and ".git" not in path.relative_to(project).parts
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


def clean_environment(**extra: str) -> dict[str, str]:
    """The environment of somebody who has just opened a terminal (with this repository's uv on the PATH)."""
    dropped = ("GIT_", "PYTEST", "COV_", "PYTHON", "VIRTUAL_ENV", "MAKE", "MFLAGS")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    path = os.pathsep.join([str(BIN), os.environ["PATH"]])
    identity = {
        f"GIT_{who}_{what}": "test@example.com"
        for who in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    }
    # A folder of wheels is there to take torch from: nothing asks for another build of it.
    wheels = os.environ.get("PIP_FIND_LINKS")
    local = {}
    if wheels:
        build = f"{kept.get('DOCKER_BUILD', 'docker build')} --build-arg ACCELERATOR=local"
        local = {"UV_FIND_LINKS": wheels, "ACCELERATOR": "local", "DOCKER_BUILD": build}
    return {**kept, "PATH": path, "DVC_NO_ANALYTICS": "1", **local, **identity, **extra}


def sh(
    command: str, folder: Path, check: bool = True, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a line of shell in `folder`, and show what it printed if it fails."""
    result = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", command],
        cwd=folder,
        env=clean_environment(**environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if check and result.returncode:
        pytest.fail(
            f"{command} ended with {result.returncode}:\n{result.stdout[-4000:]}\n{result.stderr[-4000:]}"
        )
    return result


def hashes(project: Path) -> dict[str, str]:
    """The hash of each output that `dvc.lock` names."""
    stages = yaml.safe_load((project / "dvc.lock").read_text(encoding="utf-8"))["stages"].values()
    return {out["path"]: out["md5"] for stage in stages for out in stage["outs"]}


def generate_default(framework: str, folder: Path) -> Path:
    """Generate the default project of a framework, for the Python that its tests run on."""
    answers = {"framework": framework, "python_version": PYTHONS[framework]}
    return Path(cookiecutter(str(ROOT), no_input=True, output_dir=str(folder), extra_context=answers))


def path_of(project: Path) -> str:
    """The PATH with the project's environment first, as its activation sets it."""
    return os.pathsep.join([str(project / ".venv/bin"), clean_environment()["PATH"]])


IN = 'PATH="$PWD/.venv/bin:$PATH" PYTHONPATH="$PWD/src"'


def clone_project(project: Path, path: Path) -> Path:
    """Clone a project; the clone uses its environment."""
    sh(f"git clone -q '{project}' '{path}'", project)
    (path / ".venv").symlink_to(project / ".venv")
    (path / ".git/info").mkdir(exist_ok=True)
    (path / ".git/info/exclude").write_text(".venv\n")  # .gitignore knows it as a folder
    return path


def plant(project: Path, fault: str) -> None:
    """Let the last stage of a shortened pipeline write the value of a program in `faults/`."""
    shutil.copyfile(PROGRAMS / "faults" / f"{fault}.py", project / SCRIPTS / "value.py")


def shorten_pipeline(project: Path) -> None:
    """Give a project a pipeline of two short stages, and commit its results."""
    shutil.copyfile(PROGRAMS / "short/dvc.yaml", project / "dvc.yaml")
    shutil.copyfile(PROGRAMS / "short/fault.py", project / SCRIPTS / "fault.py")
    plant(project, "same")
    sh("git rm -qr --cached models reports && echo /reports/ >> .gitignore", project)
    commit_results(project)


def commit_results(path: Path) -> None:
    """Run the pipeline, and commit what came out."""
    sh(f"{IN} dvc repro -q && git add -A && git commit -q --allow-empty -m Results", path)


def tabulate_digits(project: Path) -> str:
    """Let the digits be a CSV file under DVC, with a column of numbers for each pixel; give its path."""
    source = "data/external/digits/digits.csv"
    rule = "kind: number, minimum: 0, maximum: 16"
    names = [f"pixel_{row}_{column}" for row in range(8) for column in range(8)]
    columns = "".join(f"  {name}: {{{rule}}}\n" for name in names)
    replace(project / "configs/data/digits.yaml", r"source: .*", f"source: {source}")
    replace(project / "configs/data/digits.yaml", r"  image: .*\n", columns)
    sh(f".venv/bin/python '{PROGRAMS}/make_rows.py' 1 {source} && {IN} dvc add -q {source}", project)
    return source


def replace(path: Path, pattern: str, text: str) -> None:
    """Change a file, which has to hold the pattern."""
    changed, count = re.subn(pattern, text, path.read_text(encoding="utf-8"))
    assert count, pattern
    path.write_text(changed, encoding="utf-8")


def changing(file: str, pattern: str, text: str) -> Callable[[Path], None]:
    """A function that makes this change in a project's file."""
    return lambda project: replace(project / file, pattern, text)


def framework_of(project: Path) -> str:
    """The framework that a project was generated with."""
    return "pytorch-lightning" if (project / "configs/trainer").exists() else "scikit-learn"


def shorten(project: Path) -> None:
    """Let a project train for three epochs only."""
    files = {"scikit-learn": "configs/model/mlp.yaml", "pytorch-lightning": "configs/trainer/default.yaml"}
    replace(project / files[framework_of(project)], r"(max_iter|max_epochs): \d+", r"\1: 3")


def find_python(version: str) -> str:
    """An interpreter of that version, on the PATH or from pyenv; without one, the test is skipped."""
    name = f"python{version}"
    candidates = [shutil.which(name), *map(str, Path.home().glob(f".pyenv/versions/{version}.*/bin/{name}"))]
    for candidate in filter(None, candidates):
        if subprocess.run([candidate, "-c", ""], capture_output=True, check=False).returncode == 0:
            return candidate
    required = version in os.environ.get("REQUIRED_PYTHONS", "").split()
    (pytest.fail if required else pytest.skip)(f"Python {version} is not installed here")


def has_docker() -> bool:
    """Whether a Docker daemon answers."""
    return (
        bool(shutil.which("docker"))
        and not subprocess.run(["docker", "info"], capture_output=True).returncode
    )


def need_docker() -> None:
    """Without a Docker daemon, a test is skipped."""
    if not has_docker():
        required = os.environ.get("REQUIRE_DOCKER")
        (pytest.fail if required else pytest.skip)("no Docker daemon answers here")


@contextmanager
def mounted(folder: Path, options: str) -> Iterator[None]:
    """A small file system of its own in a folder; without the right to make one, the test is skipped."""
    folder.mkdir(exist_ok=True)
    mount = run("mount", "-t", "tmpfs", "-o", options, "tmpfs", folder, cwd=folder.parent)
    if mount.returncode:
        pytest.skip("only root can mount a file system")
    try:
        yield
    finally:
        run("umount", folder, cwd=folder.parent)
