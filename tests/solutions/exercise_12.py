"""Sections (c) and (d) of the report, and the answers that only a person can give."""

from pathlib import Path

import yaml
from support import changing, replace

REPORT = "src/workbench/report/checklist.py"
COST = "src/workbench/report/cost.py"
ANSWERS = "references/checklist.yaml"
ERROR_BARS = r"(def _list_error_bars.*\n)[\s\S]*?\n\n\n"
TOTALS = r'(def _describe_totals.*\n    """.*\n)[\s\S]*?\n\n\n'
PERCENT = r"""\1    import json

    path = root / "reports" / "metrics.json"
    if not path.is_file():
        yield "There are no metrics."
        return
    yield "Mean and standard deviation over the seeds, of the same test split:"
    for name, values in json.loads(path.read_text(encoding="utf-8")).items():
        yield f"{name}: {100 * values['mean']:.2f} ± {100 * values['std']:.2f} %"


"""
HOURS = r"""\1    hours = sum(run.seconds for run in runs) + sum(check["seconds"] for check in checks)
    yield f"Runs and checks took {hours / 3600:.2f} hours."
    for key, name, unit in (("energy_kwh", "Energy", "kWh"), ("co2_kg", "Carbon dioxide", "kg")):
        values = [value for run in runs if (value := getattr(run, key)) is not None]
        yield f"{name}: {sum(values):.4f} {unit}" if values else f"{name}: never measured"


"""


def complete(project: Path) -> None:
    """Answer every question of the checklist."""
    content = yaml.safe_load((project / ANSWERS).read_text(encoding="utf-8"))
    for number, entry in enumerate(entry for entries in content.values() for entry in entries):
        entry["answer"] = f"What a person knows, number {number}."
    (project / ANSWERS).write_text(yaml.safe_dump(content), encoding="utf-8")


def written_otherwise(project: Path) -> None:
    """In percent, and in hours; one answer is a word."""
    replace(project / REPORT, ERROR_BARS, PERCENT)
    replace(project / COST, TOTALS, HOURS)
    replace(project / ANSWERS, "What a person knows, number 4.", "Nothing.")


RIGHT = {"percent and hours": written_otherwise}
WRONG = {
    "hard-coded metrics": (
        changing(
            REPORT,
            r"path\.read_text\(encoding=\"utf-8\"\)\.strip\(\)",
            '"| accuracy | 0.9761 | 0.0021 | 0.9735 … 0.9787 |"',
        ),
        "does not show the mean of accuracy",
    ),
    "no error bars": (
        lambda project: (
            replace(project / REPORT, ERROR_BARS, PERCENT),
            replace(project / REPORT, r" ± \{.*?\}", ""),
        ),
        "shows accuracy without its error bar",
    ),
    "over what": (
        changing(REPORT, r'"On the test split[\s\S]*?error_bars\.md`\)\."', '"Over the seeds."'),
        "no word of `test`",
    ),
    "hard-coded total": (changing(COST, r"total = sum\(.*", "total = 3600"), "does not show how long"),
    "no failed runs": (
        changing(COST, "run in runs\\)", 'run in runs if run.status != "failed")'),
        "leaves out runs that failed",
    ),
    "finished runs": (
        changing(COST, r"sum\(run\.seconds", "sum(run.wall_seconds or 0"),
        "leaves out runs that never finished",
    ),
    "no checks": (changing(COST, r' \+ sum\(check\["seconds"\].*', ""), "the reproduction checks"),
    "one run's energy": (
        changing(COST, r"sum\(measured\)", "measured[0]"),
        "does not show the sum of the energy",
    ),
    "CO2 as 0": (
        changing(COST, '"; CO2 for none."', '", and 0 kg of CO2."'),
        "gives a number for CO2 that was not measured",
    ),
    "CO2 as 0, by its name": (
        changing(COST, '"; CO2 for none."', '", CO2: 0.0"'),
        "gives a number for CO2 that was not measured",
    ),
    "nothing said": (
        changing(COST, '"; CO2 for none."', '""'),
        "does not say that CO2 was not measured",
    ),
    "energy as 0": (
        changing(COST, r'"Energy and CO2 were not measured.*"', '"Energy: 0 kWh. CO2: none."'),
        "gives a number for energy that was not measured",
    ),
    "unanswered": (
        changing(ANSWERS, "What a person knows, number 3.", ""),
        'does not answer "Which sources of variation do',
    ),
    "placeholder": (changing(ANSWERS, "What a person knows, number 4.", "TODO"), "does not answer"),
    "n/a": (changing(ANSWERS, "What a person knows, number 4.", "n/a"), "does not answer"),
    "to be done": (changing(ANSWERS, "What a person knows, number 4.", "todo later"), "does not answer"),
    "one letter": (changing(ANSWERS, "What a person knows, number 4.", "x"), "does not answer"),
    "the question": (
        changing(ANSWERS, r"(?m)^- answer: .*number 4\.\n  question: (.*)$", r"- answer: \1\n  question: \1"),
        "does not answer",
    ),
    "one answer": (changing(ANSWERS, r"number \d", "as above"), "gives the same answer to 5 questions"),
}
