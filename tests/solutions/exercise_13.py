"""A table of bikes, with a schema."""

from functools import partial
from pathlib import Path

from support import IN, changing, replace, sh

FILE = "configs/data/bikes.yaml"
USE = f"{IN} python -m workbench.intake.use --data exercises/bikes.csv --target hired --time day"
FORGET = "rm -rf configs/data/bikes.yaml data/external/bikes references/bikes.md"
COLUMNS = {
    "station": "{kind: category, values: [harbour, market, university]}",
    "weather": "{kind: category, values: [clear, cloudy, rain, snow]}",
    "temperature": "{kind: number, minimum: -30, maximum: 45}",
    "humidity": "{kind: number, minimum: 0, maximum: 100, missing: true}",
    "note": "{kind: text, missing: true}",
}


def solve(project: Path) -> None:
    """Take the table into the project, and correct the draft."""
    take(project)


def take(project: Path, options: str = "") -> None:
    """The same, with options of `make use`."""
    sh(f"{USE} {options}", project)
    for name, rules in COLUMNS.items():
        replace(project / FILE, rf"  {name}: .*", f"  {name}: {rules}")
    replace(project / FILE, r"(column: hired\n  kind: number\n)", r"\1  minimum: 0\n")
    replace(project / "configs/config.yaml", "- data: bikes", "- data: digits")
    sh("git add --all", project)


def kept_by_git(project: Path) -> None:
    """The table itself is in Git; the rules are written line by line."""
    sh(f"{FORGET}; git add --all", project)
    take(project, "--git 1")
    lines = "\n    kind: number\n    minimum: -30.0\n    maximum: 45.0"
    replace(project / FILE, r"(  temperature:) .*", rf"\1{lines}")


def draft(project: Path) -> None:
    """As `make use` has drafted it."""
    sh(f"{FORGET}; {USE} && git add --all", project)
    replace(project / "configs/config.yaml", "- data: bikes", "- data: digits")


def rule(column: str, rules: str):
    """Other rules of a column."""
    return changing(FILE, rf"  {column}: .*", f"  {column}: {rules}")


change = partial(changing, FILE)
RIGHT = {"in Git": kept_by_git}
WRONG = {
    "draft": (draft, "`note` is what somebody writes, and no category"),
    "no range": (rule("temperature", "{kind: number}"), "accepts a temperature in °F"),
    "range of the table": (rule("temperature", "{kind: number, minimum: 2.1, maximum: 23.6}"), "is refused"),
    "gaps everywhere": (
        rule("temperature", "{kind: number, minimum: -30, maximum: 45, missing: true}"),
        "accepts a temperature that is missing",
    ),
    "no gaps": (rule("humidity", "{kind: number, minimum: 0, maximum: 100}"), "is refused"),
    "values of the table": (rule("weather", "{kind: category, values: [clear, cloudy, rain]}"), "is refused"),
    "any station": (rule("station", "{kind: category}"), "accepts the station `habour`"),
    "wide range": (
        rule("temperature", "{kind: number, minimum: -1000, maximum: 1000}"),
        "accepts a temperature",
    ),
    "station as text": (rule("station", "{kind: text}"), "accepts the station `habour`"),
    "any weather": (rule("weather", "{kind: category}"), "accepts the weather `sunny`"),
    "any humidity": (rule("humidity", "{kind: number, missing: true}"), "accepts a humidity of 120 %"),
    "at most as now": (change("  minimum: 0\n", "  minimum: 0\n  maximum: 200\n"), "is refused"),
    "no note": (rule("note", "{kind: ignored}"), "leaves out note"),
    "ignored": (rule("station", "{kind: ignored}"), "leaves out station"),
    "any number of bikes": (change("  minimum: 0\n", ""), "accepts -3 bikes"),
    "so many rows": (change("name: bikes\n", "name: bikes\nn_rows: 240\n"), "is refused"),
    "at random": (change(r"split:\n[\s\S]*", "split: {kind: random}\n"), "does not test on the latest days"),
    "not kept": (lambda project: sh("git rm -q --cached -r data/external/bikes", project), "is added to Git"),
    "still chosen": (
        changing("configs/config.yaml", "- data: digits", "- data: bikes"),
        "does not choose `data: digits` again",
    ),
}
