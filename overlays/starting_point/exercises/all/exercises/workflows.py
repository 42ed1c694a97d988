"""What several checks ask of a workflow, which they read as data."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from .support import NotYet

Mapping = dict[str, Any]
FOLDER = ".github/workflows"
# What hides that a command fails
HIDING = re.compile(r"\|\||&&|;|\bset \+e\b|&\s*$|^\s*!")
PINNED = re.compile(r"@[0-9a-f]{40}$")


def read_workflow(path: Path) -> tuple[Mapping, dict[Any, Any]]:
    """Read the jobs of a workflow, by their names, and the whole of it.

    Raises:
        NotYet: It is no workflow.
    """
    try:
        workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
        return dict(workflow["jobs"]), workflow
    except (yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise NotYet(f"{FOLDER}/{path.name} is no workflow: {reason}") from error


def list_steps(job: Mapping) -> list[Mapping]:
    """The steps of a job."""
    return [step for step in job.get("steps") or [] if isinstance(step, dict)]


def list_commands(job: Mapping) -> list[tuple[Mapping, str]]:
    """The lines that a job runs, each with its step."""
    return [
        (step, line.strip())
        for step in list_steps(job)
        for line in str(step.get("run", "")).replace("\\\n", " ").splitlines()
    ]


def find_hidden_failures(
    job: Mapping, step: Mapping, line: str, workflow: dict[Any, Any]
) -> Iterator[str]:
    """What keeps a command of a job from running, or from making it red."""
    if HIDING.search(line) or any(part.get("continue-on-error") for part in (job, step)):
        yield f"it may succeed although `{line}` fails."
    if "if" in job or "if" in step:
        yield f"it has an `if`, so `{line}` may not run."
    shells = str([step.get("shell"), job.get("defaults"), workflow.get("defaults")])
    if "|" in line and "bash" not in shells:
        yield "a pipe fails only if its last command does, unless the step has `shell: bash`."


def find_faults(job: Mapping, workflow: dict[Any, Any]) -> Iterator[str]:
    """What a job lacks, whatever it is for: something that starts it, the code, care."""
    triggers = workflow.get("on", workflow.get(True))  # in YAML 1.1, `on` is true
    for trigger, said in {"push": "a push", "pull_request": "a pull request"}.items():
        if trigger not in ([triggers] if isinstance(triggers, str) else triggers or []):
            yield f"{said} does not start it: see `on`."
        elif isinstance(triggers, dict) and "paths" in str(triggers[trigger]):
            yield f"{said} starts it only if certain files have changed: see `on`."
    uses = [str(step["uses"]) for step in list_steps(job) if "uses" in step]
    if not any(name.startswith("actions/checkout@") for name in uses):
        yield "it does not check out the code."
    for name in uses:
        if not PINNED.search(name):
            yield f"{name} may be another program tomorrow: name a commit, by its whole hash."
    permissions = job.get("permissions", workflow.get("permissions"))
    if permissions is None:
        yield "it does not say `permissions`, so it may get more than it needs."
    elif "write" in str(permissions):
        yield "its permissions let it write: `contents: read` is enough."
