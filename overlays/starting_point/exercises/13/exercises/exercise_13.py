"""Data of your own."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from .support import PACKAGE, ROOT, NotYet, copied_project, git, make_config, run

TESTS = ()
FILE = "configs/data/bikes.yaml"
TABLE = "data/external/bikes/bikes.csv"
HEAD = ("day", "station", "weather", "temperature", "humidity", "note", "hired")
STATIONS = ("harbour", "market", "university")
WEATHER = ("clear", "cloudy", "rain", "snow")
Row = dict[str, str]
# What a file could never hold: the column, the value, and what it is
FAULTS = (
    ("temperature", "68,5", "a temperature in °F"),
    ("temperature", "-999", "-999 for a temperature that is not known"),
    ("temperature", "", "a temperature that is missing"),
    ("humidity", "120", "a humidity of 120 %"),
    ("weather", "sunny", "the weather `sunny`"),
    ("station", "habour", "the station `habour`"),
    ("hired", "-3", "-3 bikes"),
    ("day", "31.12.2025", "a day in another form"),
)


def check() -> None:
    """Give the schema right tables, and tables with one fault each."""
    if not (ROOT / FILE).is_file():
        raise NotYet(f"{FILE} is not there: `make use` drafts it.")
    _check_project()
    with copied_project() as root:
        (root / TABLE).parent.mkdir(parents=True, exist_ok=True)
        right: list[Callable[[Row], Any]] = [_change_nothing, _make_extreme, _leave_gaps]
        for number, change in enumerate(right):
            _write(root, f"right_{number}", change)
        for number, (column, value, _) in enumerate(FAULTS):
            _write(root, f"wrong_{number}", partial(_put, column=column, value=value))
        with ThreadPoolExecutor(2) as pool:
            try_table = partial(_try, root)
            accepted = list(pool.map(try_table, [f"right_{n}" for n in range(len(right))]))
            refused = list(pool.map(try_table, [f"wrong_{n}" for n in range(len(FAULTS))]))
    for fault in filter(None, accepted):
        raise NotYet(f"A table that is right is refused: {fault}")
    for said, (_, _, what) in zip(refused, FAULTS, strict=True):
        if not said:
            raise NotYet(f"{FILE} accepts {what}.")


def _check_project() -> None:
    """What the project should be like besides."""
    data = make_config(ROOT / "outputs", "data=bikes").data
    if data.target.column != "hired" or data.target.kind != "number":
        raise NotYet(f"{FILE} does not predict `hired` as a number.")
    if data.split.kind != "time" or data.split.columns != ["day"]:
        raise NotYet(f"{FILE} does not test on the latest days: see `split`.")
    if missing := [name for name in HEAD[1:-1] if name not in data.inputs]:
        raise NotYet(f"{FILE} leaves out {missing[0]}, which the model may use.")
    if data.columns["note"].kind != "text":
        raise NotYet(f"{FILE}: `note` is what somebody writes, and no {data.columns['note'].kind}.")
    if not any(git("ls-files", name) for name in (TABLE, f"{TABLE}.dvc")):
        raise NotYet(f"Neither {TABLE}.dvc nor the table itself is added to Git.")
    defaults = yaml.safe_load((ROOT / "configs/config.yaml").read_text("utf-8"))["defaults"]
    if {"data": "digits"} not in defaults:
        raise NotYet("configs/config.yaml does not choose `data: digits` again.")


def _write(root: Path, name: str, change: Callable[[Row], Any]) -> None:
    """Write a table, in which a row or some are changed."""
    first = date(2026, 1, 1) + timedelta(days=random.randrange(90))
    rows: list[Row] = [
        {
            "day": str(first + timedelta(days=day)),
            "station": station,
            "weather": WEATHER[day % 4],
            "temperature": f"{random.uniform(-5, 25):.1f}".replace(".", ","),
            "humidity": str(random.randrange(30, 95)),
            "note": "",
            "hired": str(random.randrange(20, 200)),
        }
        for day in range(30)
        for station in STATIONS
    ]
    change(random.choice(rows))
    lines = [";".join(HEAD), *(";".join(row.values()) for row in rows)]
    (root / TABLE).with_name(f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _change_nothing(row: Row) -> None:
    """A table like many."""
    row["note"] = f"a word of {random.randrange(1000)}"


def _make_extreme(row: Row) -> None:
    """The coldest day."""
    row |= {"temperature": "-29,5", "humidity": "100", "hired": "0", "note": "closed"}


def _leave_gaps(row: Row) -> None:
    """The sensor has failed, on the hottest day."""
    row |= {"temperature": "44,5", "humidity": "", "hired": "900"}


def _put(row: Row, column: str, value: str) -> None:
    """A fault."""
    row[column] = value


def _try(root: Path, name: str) -> str:
    """What `make_dataset` says to a table; empty where it accepts it."""
    source = f"data.source={TABLE.replace('bikes.csv', name + '.csv')}"
    options = ("data=bikes", source, f"hydra.run.dir=runs/{name}")
    done = run("python", "-m", f"{PACKAGE}.data.make_dataset", *options, root=root, TRACKER="none")
    return done.stderr.strip().rpartition("\n")[2] if done.returncode else ""
