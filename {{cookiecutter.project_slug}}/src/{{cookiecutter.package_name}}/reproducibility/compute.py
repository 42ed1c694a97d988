"""What the recorded runs cost: question (d) of the checklist."""

import statistics
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from .runs import read_runs
from .tables import format_table


def list_compute(root: Path, checks: list[dict[str, Any]]) -> Iterator[str]:
    """The machines, the time of each script on them, and the totals, in Markdown."""
    runs = read_runs(root)
    if not runs:
        yield "Nothing is recorded: no run is recorded on this machine (`make all`)."
        return
    for number, machine in enumerate(sorted({_describe_machine(run) for run in runs}), start=1):
        yield f"Machine {number}: {machine}."
        scripts: dict[str, list[dict[str, Any]]] = {}
        for run in runs:
            if _describe_machine(run) == machine:
                scripts.setdefault(run["script"], []).append(run)
        yield format_table(
            ("script", "runs", "seconds per run (median)", "seconds", "CPU seconds", "peak MiB"),
            [_describe_script(name, some) for name, some in sorted(scripts.items())],
        )
    yield from _describe_totals(runs, checks)


def _describe_totals(runs: list[dict[str, Any]], checks: list[dict[str, Any]]) -> Iterator[str]:
    """What all runs and reproduction checks took; the energy and CO2 where they were measured."""
    # exercise 12: Sum up what the research cost: the time of every run, whether it failed or not,
    #   and of every check; the energy and CO2 of the runs whose record has them. What nobody
    #   measured is not 0. Each string that you yield is a paragraph of Markdown.
    total = sum(map(_find_seconds, runs)) + sum(check["seconds"] for check in checks)
    statuses = Counter(run["status"] for run in runs)
    yield (
        f"In all: {len(runs)} recorded runs ({count_statuses(statuses)}) and, of reproduction "
        f"checks, {len(checks)}: {total:.0f} seconds ({total / 3600:.3g} hours)."
    )
    measured = [run for run in runs if run.get("energy_kwh") is not None]
    energy = sum(run["energy_kwh"] for run in measured)
    carbon = [run["co2_kg"] for run in measured if run["co2_kg"] is not None]
    yield (
        f"Energy was measured for {len(measured)} of them: {energy:.3g} kWh"
        + (f", and {sum(carbon):.3g} kg of CO2 for {len(carbon)}." if carbon else "; CO2 for none.")
        if measured
        else "Energy and CO2 were not measured (the extra `carbon` is not installed)."
    )
    # end of exercise 12


def _describe_machine(run: dict[str, Any]) -> str:
    machine = run["machine"]
    gpus = ", ".join(machine["gpus"]) or "no GPU"
    return (
        f"{machine['cpu']}, {machine['cpu_count']} CPUs, {machine['memory'] / 2**30:.1f} GiB, "
        f"{gpus}, {machine['platform']}, Python {machine['python']}"
    )


def _describe_script(name: str, runs: list[dict[str, Any]]) -> list[object]:
    seconds = [_find_seconds(run) for run in runs]
    cpu = sum(run.get("cpu_seconds", 0) for run in runs)
    peak = max(run.get("peak_memory", 0) for run in runs) / 2**20
    median, total = statistics.median(seconds), sum(seconds)
    return [name, len(runs), f"{median:.2f}", f"{total:.2f}", f"{cpu:.2f}", f"{peak:.0f}"]


def _find_seconds(run: dict[str, Any]) -> float:
    """How long a run took; one that did not finish, until it was last seen alive."""
    if "wall_seconds" in run:
        return float(run["wall_seconds"])
    start, last = (datetime.fromisoformat(run[key]) for key in ("start", "heartbeat"))
    return (last - start).total_seconds()


def count_statuses(statuses: Counter[str]) -> str:
    """How many runs ended how: `7 completed, 1 failed`."""
    names = {"running": "not finished"}
    return ", ".join(f"{count} {names.get(s, s)}" for s, count in sorted(statuses.items()))
