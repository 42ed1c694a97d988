"""Continuous integration."""

import re
import shutil
from collections.abc import Iterator
from itertools import product
from typing import Any

from .support import ROOT, NotYet, run
from .workflows import (
    FOLDER,
    find_faults,
    find_hidden_failures,
    list_commands,
    list_steps,
    read_workflow,
)

TESTS = ()
LOCK, ACCELERATOR = "requirements-dev.txt", "requirements-accelerator.txt"
# All tests: not a collection of them, and not some of them
TEST = re.compile(
    r"^(\w+=\S+ )*(make test\b(?![^|]*\s-)|(uv run |python -m |coverage run -m )?pytest\b"
    r"(?!.*(\s-[hkm]\b|\s--(co|collect-only|version|help|ignore|deselect|setup-\w+)\b|\.py\b)))"
)
NO_TEST = "no step of it runs the tests."


def check() -> None:
    """Read the workflows: does a job run the tests, in every case, on several machines?"""
    jobs = list(_read_jobs())
    faults = {name: list(_find_faults(job, workflow)) for name, job, workflow in jobs}
    if not any(not found for found in faults.values()):
        name = "tests" if "tests" in faults else min(faults, key=lambda n: _rank(faults[n]))
        reason = "There is no job `tests`, and the nearest one" if name != "tests" else "The job"
        raise NotYet(f"{reason}, `{name}`: {faults[name][0]}")
    _let_actionlint_judge()


def _rank(faults: list[str]) -> tuple[bool, int]:
    """How far a job is from one that runs the tests."""
    return faults[0] == NO_TEST, len(faults)


def _read_jobs() -> Iterator[tuple[str, dict[str, Any], dict[Any, Any]]]:
    """The jobs of all workflows: their names, themselves, and the workflow of each."""
    found = False
    for path in sorted((ROOT / FOLDER).glob("*.y*ml")):
        jobs, workflow = read_workflow(path)
        for name, job in jobs.items():
            found = True
            yield name, job, workflow
    if not found:
        raise NotYet(f"There is no workflow in {FOLDER}.")


def _find_faults(job: dict[str, Any], workflow: dict[Any, Any]) -> Iterator[str]:
    steps, commands = list_steps(job), list_commands(job)
    tests = [place for place, (_, line) in enumerate(commands) if TEST.match(line)]
    if not tests:
        yield NO_TEST
        return
    before = [line for _, line in commands[: tests[0]]]
    yield from find_hidden_failures(job, *commands[tests[0]], workflow)
    if not any(re.match(r"make setup\b", line) for line in before):
        yield from _find_faults_of_packages(before, steps)
    yield from _find_faults_of_matrix(job, steps, workflow)
    yield from find_faults(job, workflow)


def _find_faults_of_packages(before: list[str], steps: list[dict[str, Any]]) -> Iterator[str]:
    installing = [line for line in before if re.search(r"pip3? (install|sync)\b", line)]
    installing = [line for line in installing if not line.startswith(("echo", "#", ":"))]
    locked = [line for line in installing if LOCK in line.split()]
    if not locked:
        yield f"before the tests, it does not install the lock, {LOCK}."
    elif not any("--require-hashes" in line for line in locked):
        yield f"it installs {LOCK} without --require-hashes."
    if (ROOT / ACCELERATOR).is_file() and not any(ACCELERATOR in line for line in installing):
        yield f"it does not install torch, whose version is in {ACCELERATOR}."
    editable = any(re.search(r"(-e|--editable)[ =]\.", line) for line in installing)
    if not editable and "PYTHONPATH" not in str([before, steps]):
        yield "it does not install the project itself, so the tests could not import it."


def _find_faults_of_matrix(
    job: dict[str, Any], steps: list[dict[str, Any]], workflow: dict[Any, Any]
) -> Iterator[str]:
    runs = _combine((job.get("strategy") or {}).get("matrix"))
    systems = {_fill(str(job.get("runs-on")), run).partition("-")[0] for run in runs}
    if len(systems) < 2:
        yield f"it runs on one operating system only, {systems.pop()}: name others in a matrix."
    used = str([steps, job.get("env"), workflow.get("env")])
    pythons = {
        value
        for run in runs
        for name, value in run.items()
        if re.fullmatch(r"3\.\d+", value) and re.search(rf"matrix\.{re.escape(name)}\b", used)
    }
    if len(pythons) < 2:
        yield "its steps use one Python only: name others in a matrix, and use its value."


def _combine(matrix: Any) -> list[dict[str, str]]:
    """The values of each run, by their names; GitHub adds `include` and takes `exclude` out."""
    lists = {name: values for name, values in (matrix or {}).items() if isinstance(values, list)}
    include, exclude = lists.pop("include", []), lists.pop("exclude", [])
    runs = [dict(zip(lists, values, strict=True)) for values in product(*lists.values())]
    runs = [run for run in runs if not any(one.items() <= run.items() for one in exclude)]
    return [_flatten(run) for run in ([*runs, *include] if lists else include or [{}])]


def _flatten(values: dict[str, Any], prefix: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for name, value in values.items():
        nested = isinstance(value, dict)
        flat |= _flatten(value, f"{prefix}{name}.") if nested else {f"{prefix}{name}": str(value)}
    return flat


def _fill(text: str, values: dict[str, str]) -> str:
    """Put the values of the matrix where GitHub does."""
    return re.sub(r"\$\{\{\s*matrix\.([\w.-]+)\s*\}\}", lambda name: values.get(name[1], ""), text)


def _let_actionlint_judge() -> None:
    """What GitHub would refuse: an unknown key, an expression that names nothing, a missing job."""
    if not shutil.which("actionlint"):
        raise NotYet("actionlint is not installed: run `make setup`.")
    files = [str(path) for path in sorted((ROOT / FOLDER).glob("*.y*ml"))]
    done = run("actionlint", "-oneline", "-shellcheck=", "-pyflakes=", *files, root=ROOT)
    if done.returncode:
        raise NotYet(f"actionlint: {done.stdout.strip().partition(chr(10))[0]}")
