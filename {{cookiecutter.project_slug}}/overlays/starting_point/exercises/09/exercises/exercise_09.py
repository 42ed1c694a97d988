"""Continuous integration."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from .stand_in_09 import NAMES
from .support import PACKAGE, ROOT, NotYet, copied_project, environment

TESTS = ()
LOCK, ACCELERATOR = "requirements-dev.txt", "requirements-accelerator.txt"
SYSTEMS = {"ubuntu": "Linux", "macos": "macOS", "windows": "Windows"}
CONTEXTS = "env|github|inputs|matrix|needs|runner|secrets|steps|vars"
TEST = """import json
import os
import sys


def test_something():
    with open(os.environ["STAND_IN_RECORD"], "a") as file:
        file.write(json.dumps(["a test", *sys.path]) + "\\n")
    assert PASSES
"""


def check() -> None:
    """Run the commands of each job on a copy of the project, where nothing can be installed."""
    if shutil.which("bash") is None:
        raise NotYet("This check needs bash, which is not on the PATH: on Windows, use Git Bash.")
    jobs = list(_read_jobs())
    with copied_project() as project:
        _leave_one_test(project)
        results = [(job, _judge(job, project)) for job in jobs]
    if any(faults == [] for _, faults in results):
        return
    for job, faults in results:
        if job.name == "tests":
            raise NotYet(f"{job.file}, job tests: {(faults or ['its steps run no test.'])[0]}")
    judged = [(len(faults), job.name, faults[0]) for job, faults in results if faults]
    if not judged:
        raise NotYet("No job in .github/workflows runs the tests.")
    _, name, fault = min(judged)
    raise NotYet(f"There is no job `tests`, and `{name}` is no substitute: {fault}")


@dataclass
class _Job:
    file: str
    workflow: dict[Any, Any]
    name: str
    body: dict[str, Any]

    @property
    def steps(self) -> list[dict[str, Any]]:
        return self.body.get("steps") or []

    def combine(self) -> list[dict[str, str]]:
        """The values of `matrix` in each of the runs, as GitHub combines them."""
        matrix = (self.body.get("strategy") or {}).get("matrix") or {}
        if isinstance(matrix, str) or any(isinstance(values, str) for values in matrix.values()):
            raise NotYet("it computes its matrix, which this check does not understand.")
        matrix = dict(matrix)
        include, exclude = matrix.pop("include", []), matrix.pop("exclude", [])
        runs = [dict(zip(matrix, values, strict=True)) for values in product(*matrix.values())]
        runs = [run for run in runs if not any(one.items() <= run.items() for one in exclude)]
        extra = []
        for one in include:
            own = {name: value for name, value in one.items() if name in matrix}
            fitting = [run for run in runs if own.items() <= run.items()] if matrix else []
            for run in fitting:
                run.update(one)
            if not fitting:
                extra.append(one)
        return [_flatten(run) for run in ([*runs, *extra] if matrix else extra or [{}])]


@dataclass
class _Outcome:
    """What a job has done: its record, and which step failed, and how."""

    record: list[list[str]] = field(default_factory=list)
    failed: str = ""

    @property
    def before(self) -> list[list[str]]:
        """The commands that were called before the first test."""
        first = next((n for n, words in enumerate(self.record) if words[0] == "a test"), None)
        return self.record[:first]

    @property
    def paths(self) -> list[str]:
        """Where the first test could import from."""
        return next((words[1:] for words in self.record if words[0] == "a test"), [])


def _read_jobs() -> Iterator[_Job]:
    for path in sorted((ROOT / ".github" / "workflows").glob("*.y*ml")):
        try:
            workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
            for name, body in workflow["jobs"].items():
                yield _Job(path.name, workflow, name, body)
        except (yaml.YAMLError, KeyError, AttributeError, TypeError) as error:
            reason = " ".join(str(error).split())
            raise NotYet(f".github/workflows/{path.name} is no workflow: {reason}") from error


def _leave_one_test(project: Path) -> None:
    for folder in ("tests", f"src/{PACKAGE}"):
        shutil.rmtree(project / folder)
        (project / folder).mkdir()
    (project / f"src/{PACKAGE}/__init__.py").touch()
    (project / "conftest.py").unlink(missing_ok=True)  # it skips what fails


def _judge(job: _Job, project: Path) -> list[str] | None:
    """What a job lacks, or None if it runs no test."""
    try:
        runs = job.combine()
        chosen = next((run for run in runs if _runs_on(job, run) == "ubuntu"), runs[0])
        (project / "tests/test_something.py").write_text(TEST.replace("PASSES", "True"))
        passing = _Run(job, project, chosen).outcome
        if not passing.paths:
            if job.name == "tests" and passing.failed:
                return [f"{passing.failed} (Before any test has run.)"]
            return None
        (project / "tests/test_something.py").write_text(TEST.replace("PASSES", "False"))
        failing = _Run(job, project, chosen).outcome
        return [
            *_find_faults_of_runs(job, passing, failing),
            *_find_faults_of_packages(passing),
            *_find_faults_of_matrix(job, runs),
            *_find_faults_of_text(job),
        ]
    except NotYet as fault:
        return [str(fault)]


def _find_faults_of_runs(job: _Job, passing: _Outcome, failing: _Outcome) -> Iterator[str]:
    if passing.failed:
        yield f"where all tests pass, {passing.failed}"
    elif not failing.failed or _is_true(job.body.get("continue-on-error")):
        yield "it succeeds although a test fails."


def _find_faults_of_packages(passing: _Outcome) -> Iterator[str]:
    installed = [words for words in passing.before if "install" in words or "sync" in words]
    locked = [words for words in installed if any(LOCK in word for word in words)]
    if not locked:
        yield f"before the tests, it does not install the lock, {LOCK}."
    elif not any("--require-hashes" in words for words in locked):
        yield f"it installs {LOCK} without --require-hashes."
    files = [word for words in installed for word in words]
    if (ROOT / ACCELERATOR).is_file() and not any(ACCELERATOR in word for word in files):
        yield f"it does not install torch, whose version is in {ACCELERATOR}."
    projects = [word for word in files if re.fullmatch(r"(-e|--editable=)?\.(\[.*\])?", word)]
    if not projects and not any(Path(path).parts[-2:] == ("work", "src") for path in passing.paths):
        yield "it does not install the project itself, so the tests could not import it."


def _find_faults_of_matrix(job: _Job, runs: list[dict[str, str]]) -> Iterator[str]:
    systems = {_runs_on(job, run) for run in runs}
    if len(systems) < 2:
        yield f"it runs on one operating system only, {systems.pop()}: name others in a matrix."
    text = json.dumps([job.steps, job.body.get("env"), job.workflow.get("env")])
    used = {name for name in runs[0] if re.search(rf"matrix\.{re.escape(name)}\b", text)}
    pythons = {run.get(name, "") for run in runs for name in used}
    pythons = {version for version in pythons if re.match(r"3\.\d", version)}
    if len(pythons) < 2:
        yield "its steps use one Python only: name others in a matrix, and use its value."


def _find_faults_of_text(job: _Job) -> Iterator[str]:
    triggers = job.workflow.get("on", job.workflow.get(True))  # in YAML 1.1, `on` is true
    triggers = [triggers] if isinstance(triggers, str) else triggers or []
    for trigger, said in {"push": "a push", "pull_request": "a pull request"}.items():
        if trigger not in triggers:
            yield f"{said} does not start it: see `on`."
    if "if" in job.body:
        yield "it has an `if`, so it may not run."
    uses = [str(step["uses"]) for step in job.steps if "uses" in step]
    if not any(name.startswith("actions/checkout@") for name in uses):
        yield "it does not check out the code."
    for name in uses:
        if not re.search(r"@(sha256:)?[0-9a-f]{40,}$|^\./", name):
            yield f"{name} may be another program tomorrow: name a commit, by its whole hash."
    permissions = job.body.get("permissions", job.workflow.get("permissions"))
    if permissions is None:
        yield "it does not say `permissions`, so it may get more than it needs."
    elif "write" in json.dumps(permissions):
        yield "its permissions let it write: to run tests, `contents: read` is enough."


def _runs_on(job: _Job, run: dict[str, str]) -> str:
    """The first word of a runner's name, which is the system's."""
    values = {f"matrix.{name}": value for name, value in run.items()}
    return _fill(str(job.body.get("runs-on")), values).strip("[]' ").partition("-")[0]


class _Run:
    """A run of a job, in an empty folder until it checks out the code.

    Attributes:
        outcome: What it has done.
    """

    def __init__(self, job: _Job, project: Path, matrix: dict[str, str]) -> None:
        self.outcome = _Outcome()
        self._job, self._project = job, project
        with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            self._folder = Path(folder).resolve()
            self._work = self._folder / "work"
            self._work.mkdir()
            self._values = {f"matrix.{name}": value for name, value in matrix.items()}
            self._values["runner.os"] = SYSTEMS.get(_runs_on(job, matrix), "")
            self._make_stand_ins()
            self._environment = self._make_environment()
            self._add(job.workflow.get("env"), job.body.get("env"))
            if not any("actions/checkout" in str(step.get("uses")) for step in job.steps):
                self._check_out()
            for step in job.steps:
                if self._is_wanted(str(step.get("if", "success()"))):
                    self._do(step)
            record = self._folder / "record"
            lines = record.read_text("utf-8").splitlines() if record.exists() else []
            self.outcome.record = [json.loads(line) for line in lines]

    def _make_stand_ins(self) -> None:
        folder = self._folder / "stand-ins"
        folder.mkdir()
        (folder / "activate").write_text('export VIRTUAL_ENV="$PWD/.venv"\n', encoding="utf-8")
        program = Path(__file__).with_name("stand_in_09.py")
        start = shlex.join([Path(sys.executable).as_posix(), "-I", program.as_posix()])
        for name in NAMES:
            text = f'#!/usr/bin/env bash\nexec {start} {name} "$@"\n'
            (folder / name).write_text(text, encoding="utf-8", newline="\n")
            (folder / name).chmod(0o755)

    def _make_environment(self) -> dict[str, str]:
        """As a runner's: nothing of whoever runs the check but the programs."""
        variables = environment(self._work)
        own = r"PYTHONPATH|PYTEST|COV|MAKE|MFLAGS|VIRTUAL_ENV|CONDA|UV_|PIP_|GITHUB_|JSON$"
        variables = {name: text for name, text in variables.items() if not re.match(own, name)}
        stand_ins = str(self._folder / "stand-ins")
        files = ("GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STEP_SUMMARY")
        for name in files:
            (self._folder / name).touch()
        return variables | {
            "CI": "true",
            "HOME": str(self._folder),
            "PATH": os.pathsep.join([stand_ins, variables["PATH"]]),
            "STAND_INS": stand_ins,
            "STAND_IN_RECORD": str(self._folder / "record"),
            **{name: str(self._folder / name) for name in files},
        }

    def _add(self, *parts: dict[str, Any] | None) -> None:
        """Set variables, for all steps that follow."""
        for part in filter(None, parts):
            added = {name: _fill(_to_text(value), self._values) for name, value in part.items()}
            self._environment = self._environment | added
            self._values = self._values | {f"env.{name}": added[name] for name in added}

    def _check_out(self) -> None:
        shutil.copytree(self._project, self._work, dirs_exist_ok=True)

    def _is_wanted(self, condition: str) -> bool:
        """Whether GitHub would do a step with this `if`."""
        condition = re.sub(r"^\$\{\{(.*)\}\}$", r"\1", condition.strip())
        failed = bool(self.outcome.failed)
        known = {"success()": not failed, "failure()": failed, "always()": True, "true": True}
        known |= {"!cancelled()": True, "false": False, "True": True, "False": False}
        terms = [term.strip() for term in condition.split("&&")]
        wanted = not failed or any("()" in term for term in terms)
        for term in terms:
            compared = re.fullmatch(r"(\S+) *(==|!=) *'([^']*)'", term)
            if compared:
                same = _look_up(compared[1], self._values) == compared[3]
                wanted &= same if compared[2] == "==" else not same
            elif term in known:
                wanted &= known[term]
            else:
                raise NotYet(f"this check does not understand the condition `{term}` of a step.")
        return wanted

    def _do(self, step: dict[str, Any]) -> None:
        action = str(step.get("uses", ""))
        if action.startswith("actions/checkout@"):
            self._check_out()
        settings = step.get("with") or {}
        if "setup-uv@" in action and _is_true(settings.get("activate-environment")):
            venv = self._work / ".venv" / "bin"
            shutil.copytree(self._folder / "stand-ins", venv, dirs_exist_ok=True)
            self._environment["VIRTUAL_ENV"] = str(self._work / ".venv")
        if "run" in step:
            self._call(step)
            self._take_over()

    def _call(self, step: dict[str, Any]) -> None:
        """Run the commands of a step, as GitHub does."""
        kept = self._environment, self._values
        self._add(step.get("env"))
        script = self._folder / "step.sh"
        script.write_text(_fill(str(step["run"]), self._values), encoding="utf-8", newline="\n")
        done = subprocess.run(
            [*self._find_shell(step), str(script)],
            cwd=self._work / str(self._find_default(step, "working-directory") or "."),
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        self._environment, self._values = kept
        if done.returncode and not _is_true(step.get("continue-on-error")):
            command = " ".join(str(step.get("name") or step["run"]).split())
            said = (done.stdout.strip() or str(done.returncode)).splitlines()[-1]
            self.outcome.failed = self.outcome.failed or f"the step `{command}` fails: {said}"

    def _find_default(self, step: dict[str, Any], name: str) -> Any:
        """A setting of a step, or else of its job, or else of the workflow."""
        parts = (self._job.body, self._job.workflow)
        defaults = [(part.get("defaults") or {}).get("run") or {} for part in parts]
        return next((part[name] for part in [step, *defaults] if name in part), None)

    def _find_shell(self, step: dict[str, Any]) -> list[str]:
        shell = self._find_default(step, "shell")
        if shell not in (None, "bash", "sh"):
            raise NotYet(f"this check does not understand the shell `{shell}` of a step.")
        strict = ["--noprofile", "--norc", "-eo", "pipefail"] if shell == "bash" else ["-e"]
        return [str(shutil.which(shell or "bash")), *strict]

    def _take_over(self) -> None:
        """Variables and paths that a step leaves to those that follow."""
        for line in (self._folder / "GITHUB_ENV").read_text("utf-8").splitlines():
            name, equals, value = line.partition("=")
            if equals:
                self._add({name: value})


def _flatten(values: dict[str, Any], prefix: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for name, value in values.items():
        if isinstance(value, dict):
            flat |= _flatten(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = _to_text(value)
    return flat


def _to_text(value: Any) -> str:
    """As GitHub writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _is_true(value: Any) -> bool:
    """Whether it may be; an expression may."""
    return str(value).lower() not in ("none", "false", "")


def _fill(text: str, values: dict[str, str]) -> str:
    """Put values where GitHub puts those of its expressions."""
    return re.sub(r"\$\{\{\s*(.*?)\s*\}\}", lambda found: _look_up(found[1], values), text)


def _look_up(expression: str, values: dict[str, str]) -> str:
    if expression in values:
        return values[expression]
    if re.fullmatch(rf"({CONTEXTS})(\.[\w-]+)+", expression):
        return ""
    raise NotYet(f"this check does not understand the expression `{expression}`.")
