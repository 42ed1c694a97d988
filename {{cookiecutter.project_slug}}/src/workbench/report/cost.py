"""What the recorded runs cost: question (d) of the checklist."""

import statistics
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..record.record import Record
from ..record.runs import read_runs
from ..tables import format_table


def list_costs(root: Path, checks: list[dict[str, Any]]) -> Iterator[str]:
    """The machines, the time of each script on them, and the totals, in Markdown."""
    runs = read_runs(root)
    if not runs:
        yield "Nothing is recorded: no run is recorded on this machine (`make all`)."
        return
    for number, machine in enumerate(sorted({_describe_machine(run) for run in runs}), start=1):
        yield f"Machine {number}: {machine}."
        scripts: dict[str, list[Record]] = {}
        for run in runs:
            if _describe_machine(run) == machine:
                scripts.setdefault(run.script, []).append(run)
        yield format_table(
            ("script", "runs", "seconds per run (median)", "seconds", "CPU seconds", "peak MiB"),
            [_describe_script(name, some) for name, some in sorted(scripts.items())],
        )
    yield from _describe_totals(runs, checks)


# exercise 12: Sum up what the research cost: the time of every run, whether it failed or not,
#   and of every check; the energy and CO2 of the runs whose record has them. What nobody
#   measured is not 0. Each string that you yield is a paragraph of Markdown.
def _describe_totals(runs: list[Record], checks: list[dict[str, Any]]) -> Iterator[str]:
    """What all runs and reproduction checks took; the energy and CO2 where they were measured."""
    total = sum(run.seconds for run in runs) + sum(check["seconds"] for check in checks)
    yield (
        f"In all: {len(runs)} recorded runs ({count_statuses(runs)}) and, of reproduction "
        f"checks, {len(checks)}: {total:.0f} seconds ({total / 3600:.3g} hours)."
    )
    measured = [run.energy_kwh for run in runs if run.energy_kwh is not None]
    carbon = [run.co2_kg for run in runs if run.co2_kg is not None]
    yield (
        f"Energy was measured for {len(measured)} of them: {sum(measured):.3g} kWh"
        + (f", and {sum(carbon):.3g} kg of CO2 for {len(carbon)}." if carbon else "; CO2 for none.")
        if measured
        else "Energy and CO2 were not measured (the extra `carbon` is not installed)."
    )
    #| yield "*Exercise 12 is not done yet.*"


# end of exercise 12


def _describe_machine(run: Record) -> str:
    machine = run.machine
    gpus = ", ".join(machine.gpus) or "no GPU"
    return (
        f"{machine.cpu}, {machine.cpu_count} CPUs, {machine.memory / 2**30:.1f} GiB, "
        f"{gpus}, {machine.platform}, Python {machine.python}"
    )


def _describe_script(name: str, runs: list[Record]) -> list[object]:
    seconds = [run.seconds for run in runs]
    cpu = sum(run.cpu_seconds or 0 for run in runs)
    peak = max(run.peak_memory or 0 for run in runs) / 2**20
    median, total = statistics.median(seconds), sum(seconds)
    return [name, len(runs), f"{median:.2f}", f"{total:.2f}", f"{cpu:.2f}", f"{peak:.0f}"]


def count_statuses(runs: list[Record]) -> str:
    """How many runs ended how: `7 completed, 1 failed`."""
    statuses = Counter(run.status for run in runs)
    names = {"running": "not finished"}
    return ", ".join(f"{count} {names.get(s, s)}" for s, count in sorted(statuses.items()))
