"""The reproducibility report."""

import json
import math
import random
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import yaml

from .support import ROOT, NotYet

if TYPE_CHECKING:
    from workbench.record.record import Record

TESTS = ()
ANSWERS = "references/checklist.yaml"
PLACEHOLDER = re.compile(
    r"\W*|\w|"
    r"(to ?do.*|tbd|tba|n/?a|fix ?me|x{2,}|lorem ipsum.*|placeholder|your answer.*|answer)\W*",
    re.IGNORECASE,
)
NUMBER = r"\d+(?:\.\d+)?(?:e[+-]?\d+)?"
NOT_MEASURED = re.compile(
    r"\b(not|no|none|never|nothing|neither|unknown|unmeasured|without)\b", re.IGNORECASE
)


def check() -> None:
    """Let the report describe made-up results and runs, then read the answers."""
    for measured in (("energy_kwh", "co2_kg"), ("energy_kwh",), ()):
        with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            root = Path(folder).resolve()
            _write_project(root)
            metrics = _invent_metrics(root)
            runs, checks = _invent_runs(root, measured), _invent_checks(root)
            sections = _make_report(root)
            _judge_error_bars(sections["c"], metrics)
            _judge_time(sections["d"], runs, sum(check["seconds"] for check in checks))
            for key, name in (("energy_kwh", "energy"), ("co2_kg", "CO2")):
                _judge_measurement(sections["d"], name, [getattr(run, key) for run in runs])
            (root / "reports/metrics.md").unlink()
            (root / "reports/metrics.json").unlink()
            if not _make_report(root)["c"].strip():
                raise NotYet("Section (c) is empty where there are no metrics: say what to run.")
    _judge_answers(yaml.safe_load((ROOT / ANSWERS).read_text(encoding="utf-8")))


def _write_project(root: Path) -> None:
    """What a report is made of besides results: as little as it needs."""
    files = {
        "configs/config.yaml": "{seeds: [0, 1, 2], splits: [0], paths: {processed: data}}\n",
        ANSWERS: "{a: [], b: [], c: [], d: []}\n",
        "requirements.txt": "",
        "dvc.lock": json.dumps({"stages": {"data": {"cmd": "make it", "outs": []}}}),
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")


def _invent_metrics(root: Path) -> dict[str, dict[str, float]]:
    metrics = {}
    for name in ("accuracy", "macro_f1", "log_loss"):
        mean, std = round(random.uniform(0.5, 0.9), 4), round(random.uniform(0.01, 0.05), 4)
        low, high = round(mean - 2.5 * std, 4), round(mean + 2.5 * std, 4)
        metrics[name] = {"mean": mean, "std": std, "ci_low": low, "ci_high": high, "baseline": 0.1}
    head = "| over 3 seeds | mean | standard deviation | 95 % confidence interval | trivial model |"
    lines = [head, "|---|---|---|---|---|"]
    for name, m in metrics.items():
        interval = f"{m['ci_low']:.4f} … {m['ci_high']:.4f}"
        lines += [f"| {name} | {m['mean']:.4f} | {m['std']:.4f} | {interval} | 0.1000 |"]
    (root / "reports").mkdir()
    (root / "reports/metrics.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (root / "reports/metrics.json").write_text(json.dumps(metrics), encoding="utf-8")
    return metrics


def _invent_runs(root: Path, measured: Iterable[str]) -> "list[Record]":
    """Records of runs that ended in every way; of two of them, something was measured."""
    from workbench.record.record import Code, Machine, Packages, Record, Status, write

    amounts = {"energy_kwh": (0.61, 0.94), "co2_kg": (0.11, 0.44)}
    machine = Machine("here", "3", "Some", "Fast", cpu_count=8, memory=2**34, gpus=[], variables={})
    statuses: list[Status] = ["completed", "failed", "completed", "running", "failed"]
    runs = []
    for number, status in enumerate(statuses):
        day, hours, minutes = f"2026-01-0{number + 1}", random.randint(4, 9), random.randint(10, 59)
        killed = status == "running"
        values = {key: round(random.uniform(*amounts[key]), 3) for key in measured if number < 2}
        run = Record(
            directory=root / "outputs" / str(number),
            script="train_model" if number % 2 else "predict_model",
            command=[],
            overrides=[],
            config={},
            seed=0,
            sweep=None,
            start=f"{day}T00:00:00+00:00",
            pid=1,
            code=Code(commit=None, branch=None, dirty=None, diff_sha256=None),
            packages=Packages(lock_sha256=None, differ={}),
            machine=machine,
            status=status,
            heartbeat=f"{day}T0{hours}:{minutes}:00+00:00",
            wall_seconds=None if killed else 3600.0 * hours + 60 * minutes,
            energy_kwh=values.get("energy_kwh"),
            co2_kg=values.get("co2_kg"),
        )
        run.directory.mkdir(parents=True)
        write(run)
        runs.append(run)
    return runs


def _invent_checks(root: Path) -> list[dict[str, Any]]:
    """Records of two reproduction checks."""
    output = {"stage": "data", "path": "table.csv", "kind": "identical bytes", "explanation": ""}
    checks: list[dict[str, Any]] = []
    for number in (1, 2):
        date = f"2026-02-0{number}T00:00:00+00:00"
        check = {"date": date, "commit": "abcdef0123", "level": 1, "varied": [], "rtol": 0.0}
        check |= {"cause": None, "damaged": [], "outputs": [output], "packages": {}}
        check["seconds"] = float(random.randint(3600, 10800))
        folder = root / "outputs" / "reproduce" / str(number)
        folder.mkdir(parents=True)
        (folder / "reproduction.json").write_text(json.dumps(check), encoding="utf-8")
        checks.append(check)
    return checks


def _make_report(root: Path) -> dict[str, str]:
    """The text of each section, by its letter."""
    from workbench.report import checklist

    text = checklist.make_report(root)
    parts = re.split(r"(?m)^## (?:\(([a-d])\))?.*$", text)
    return {letter: part for letter, part in zip(parts[1::2], parts[2::2], strict=True) if letter}


def _read_numbers(text: str) -> list[float]:
    """Every number in a text, also with commas between thousands."""
    return [float(number) for number in re.findall(NUMBER, re.sub(r"(?<=\d),(?=\d{3})", "", text))]


def _judge_error_bars(text: str, metrics: dict[str, dict[str, float]]) -> None:
    numbers = _read_numbers(text)

    def shows(value: float) -> bool:  # as a fraction, or in percent
        return any(abs(n - value) < 6e-4 or abs(n - 100 * value) < 6e-2 for n in numbers)

    for name, metric in metrics.items():
        if not shows(metric["mean"]):
            raise NotYet(f"Section (c) does not show the mean of {name} that is in reports/.")
        if not shows(metric["std"]) and not (shows(metric["ci_low"]) and shows(metric["ci_high"])):
            raise NotYet(f"Section (c) shows {name} without its error bar.")
    prose = "\n".join(line for line in text.splitlines() if not line.startswith("|"))
    if missing := [word for word in ("seed", "test") if word not in prose.lower()]:
        raise NotYet(
            f"Section (c) does not say what its error bars are over: no word of `{missing[0]}`."
        )


def _judge_time(text: str, runs: "list[Record]", of_checks: float) -> None:
    numbers = _read_numbers(text)

    def shows(some: "list[Record]", more: float = 0) -> bool:  # in seconds, minutes or hours
        seconds = sum(run.seconds for run in some) + more
        units = {1: 0.6 / seconds, 60: 0.005, 3600: 0.006}
        return any(
            math.isclose(n, seconds / unit, rel_tol=tolerance)
            for n in numbers
            for unit, tolerance in units.items()
        )

    if shows(runs, of_checks):
        return
    if shows(runs):
        raise NotYet("The total of section (d) leaves out the time of the reproduction checks.")
    for status, name in (("failed", "failed"), ("running", "never finished")):
        others = [run for run in runs if run.status != status]
        if shows(others, of_checks) or shows(others):
            raise NotYet(f"The total of section (d) leaves out runs that {name}.")
    raise NotYet("Section (d) does not show how long all runs and reproduction checks took.")


def _judge_measurement(text: str, name: str, values: list[float | None]) -> None:
    """Look for the sum of what was measured, and for no number where nothing was."""
    measured = [value for value in values if value is not None]
    if measured:
        total = sum(measured)
        if not any(math.isclose(n, total, rel_tol=0.006) for n in _read_numbers(text)):
            raise NotYet(f"Section (d) does not show the sum of the {name} that was recorded.")
        return
    unit, words = ("kWh", "energy") if name == "energy" else ("kg", "co2|co₂|carbon")
    zero = rf"(?:{words})" + r"[^\w.]{1,6}0(?:\.0+)?\b"
    if re.search(rf"{NUMBER}\s*{unit}\b|{zero}", text, re.IGNORECASE):
        raise NotYet(f"Section (d) gives a number for {name} that was not measured: say so.")
    lines = [line for line in text.splitlines() if re.search(words, line, re.IGNORECASE)]
    if not any(map(NOT_MEASURED.search, lines)):
        raise NotYet(f"Section (d) does not say that {name} was not measured.")


def _judge_answers(content: dict[str, list[dict[str, Any]]]) -> None:
    given: Counter[str] = Counter()
    for letter in "abcd":
        entries = content.get(letter) or []
        if not entries:
            raise NotYet(f"{ANSWERS} has no question left for ({letter}).")
        for entry in entries:
            question, answer = entry["question"], entry["answer"]
            if isinstance(answer, bool):
                raise NotYet(f'{ANSWERS}: YAML takes the answer to "{question}" for a truth value.')
            text = "" if answer is None else str(answer).strip()
            if PLACEHOLDER.fullmatch(text) or text == question:
                raise NotYet(f'{ANSWERS} does not answer "{question}" yet.')
            given[text.lower()] += 1
    text, count = given.most_common(1)[0]
    if count > 2:
        raise NotYet(f'{ANSWERS} gives the same answer to {count} questions: "{text}".')
