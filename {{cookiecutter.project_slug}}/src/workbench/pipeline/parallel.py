"""Run the stages of a `foreach` or `matrix` in parallel, as many as the processor has cores for.

DVC runs one stage after the other. Here, several `dvc repro` processes share the stages, each of
which is run by one of them alone; DVC's own locks keep `dvc.lock` and the cache intact.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import networkx as nx
import yaml
from dvc import cli
from dvc.repo import Repo

from ..errors import UserError
from ..project import mute_advice
from .stage import CONFIG, read_choices

WAIT = "--wait-for-lock"  # or DVC gives up where another process is saving something large


def count_jobs(root: Path) -> int:
    """How many stages may run at the same time: `JOBS`, or cores divided by threads of a stage.

    Stages with a `trainer` other than the default share its devices, so one runs at a time.

    Raises:
        UserError: `JOBS` is no positive number.
    """
    if given := os.environ.get("JOBS", ""):
        if not given.isdecimal() or not int(given):
            raise UserError(f"JOBS={given}: give the number of stages that may run at a time.")
        return int(given)
    if read_choices(root).get("trainer", "default") != "default":
        return 1
    config = yaml.safe_load((root / CONFIG).read_text(encoding="utf-8"))
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, (cores or 1) // int(config.get("threads", 1)))


def is_tracked(root: Path) -> bool:
    """Whether a tracker logs the runs: the first one makes its database, so it runs alone."""
    tracker = str(read_choices(root).get("tracker", "none"))
    if tracker.startswith("${oc.env:TRACKER"):
        tracker = os.environ.get("TRACKER") or "none"
    return tracker != "none"


def dvc(*arguments: str) -> int:
    """Run a command of DVC in this process, without its advice."""
    mute_advice()
    return int(cli.main(list(arguments)))


@dataclass(frozen=True)
class Group:
    """The stages of a `foreach` or `matrix`.

    Attributes:
        stages: Their names.
        needed: Every stage that one of them needs, directly or not.
    """

    stages: list[str]
    needed: list[str]


def find_groups(repo: Repo) -> list[Group]:
    """The groups of stages that do not need each other, in the order of the pipeline."""
    members: dict[str, list[Any]] = {}
    for stage in repo.index.stages:
        name, made, _ = stage.addressing.partition("@")
        if made:
            members.setdefault(name, []).append(stage)
    graph = repo.index.graph
    groups = []
    for stages in members.values():
        needed = {other for stage in stages for other in nx.descendants(graph, stage)}
        if needed.isdisjoint(stages):
            groups.append(Group(*([each.addressing for each in part] for part in (stages, needed))))
    return sorted(groups, key=lambda group: len(group.needed))


def run_groups(root: Path, options: Sequence[str], jobs: int) -> int:
    """Bring the stages of each group up to date, those that they need first.

    Args:
        root: The project's folder.
        options: Options of `dvc repro`.
        jobs: How many stages may run at the same time.

    Returns:
        DVC's exit status: that of the first process that failed, else 0.
    """
    with Repo(root) as repo:
        groups, changed = find_groups(repo), set(repo.status())
    for group in groups:
        if not changed.isdisjoint(group.needed):
            if status := dvc("repro", *options, *group.needed):
                return status
            with Repo(root) as repo:
                changed = set(repo.status())
        stale = [stage for stage in group.stages if stage in changed]
        alone = [stale.pop(0)] if stale and is_tracked(root) else []
        if alone and (status := dvc("repro", "--single-item", *options, *alone)):
            return status
        if len(stale) > 1 and (status := _share(stale, options, jobs)):
            return status
    return 0


def _share(stages: list[str], options: Sequence[str], jobs: int) -> int:
    """Run stages whose needs are up to date, a part of them in each of several processes."""
    command = [WAIT, "repro", "--single-item", *options]
    first, *others = [stages[start::jobs] for start in range(min(jobs, len(stages)))]
    processes = [subprocess.Popen([sys.executable, "-m", __name__, *command, *s]) for s in others]
    statuses = [dvc(*command, *first), *(process.wait() for process in processes)]
    return next((status for status in statuses if status), 0)


if __name__ == "__main__":
    sys.exit(dvc(*sys.argv[1:]))
