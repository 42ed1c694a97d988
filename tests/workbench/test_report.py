"""The report: the same for the same records, and open about what nobody recorded."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from conftest import MakeRecord, call
from workbench.errors import UserError
from workbench.record.record import FILE, Sweep, write
from workbench.record.runs import read_runs
from workbench.report import checklist
from workbench.report.cost import list_costs
from workbench.report.studies import list_studies


def test_the_report_of_the_project(reported: Path, make_record: MakeRecord, small: Path) -> None:
    write(make_record("outputs/1"))
    write(make_record("outputs/2", status="failed"))
    (small / "outputs").rename(reported / "outputs")
    text = checklist.make_report(reported)
    assert text == checklist.make_report(reported)
    lock = yaml.safe_load((reported / "dvc.lock").read_text(encoding="utf-8"))
    (raw,) = lock["stages"]["data"]["outs"]
    assert raw["md5"] in text
    assert "| test       | 360" in text
    assert "Over 5 seeds and 360 test rows" in text
    assert "2 recorded training runs led here (1 completed, 1 failed)" in text
    assert "In all: 2 recorded runs (1 completed, 1 failed)" in text
    assert "no check was made on this machine" in text


def test_what_is_no_record_is_left_out_and_named(
    reported: Path, spoil: Callable[[Path], dict[Path, str]]
) -> None:
    spoiled = spoil(reported / "outputs")
    done = call("report.checklist", cwd=reported)
    assert done.returncode == 0
    assert "questions of references/checklist.yaml are unanswered" in done.stdout
    said = done.stderr.splitlines()
    assert len(said) == len(spoiled)
    for folder, message in spoiled.items():
        (line,) = [line for line in said if str(folder / FILE) in line]
        assert message in line


def test_a_project_without_results_says_what_to_do(small: Path) -> None:
    done = call("report.checklist", cwd=small)
    assert done.returncode == 1
    assert done.stderr == "There are no results to report: run `make all` first.\n"


def test_what_only_a_person_knows_is_asked(project: Path, tmp_path: Path) -> None:
    shipped = checklist.read_answers(project / checklist.ANSWERS)
    assert shipped.keys() == checklist.QUESTIONS.keys()
    path = tmp_path / "checklist.yaml"
    lines = ["a:", '- {question: "Where?", answer: Here}', *(f"{c}: []" for c in "bc")]
    path.write_text("\n".join(lines))
    with pytest.raises(UserError, match="needs a list"):
        checklist.read_answers(path)
    path.write_text("\n".join([*lines, "d:", '- {question: "When?", answer: }']))
    answers = checklist.read_answers(path)
    assert answers["a"] == ["**Where?** Here"]
    assert "Unanswered" in answers["d"][0]


def test_costs_are_the_sum_over_all_runs_and_checks(make_record: MakeRecord, small: Path) -> None:
    write(make_record("outputs/1", energy_kwh=0.25))
    write(make_record("outputs/2", energy_kwh=0.25, status="failed", wall_seconds=900.0))
    machine, table, total, energy = list_costs(read_runs(small), [{"seconds": 900.0}])
    assert machine == ("Machine 1: A Fast One, 8 CPUs, 16.0 GiB, A GPU, Some-System, Python 3.12.1.")
    assert [cell.strip() for cell in table.splitlines()[2].strip("|").split("|")] == [
        *("train_model", "2", "1350.00", "2700.00", "7200.00", "1024")
    ]
    assert "2 recorded runs (1 completed, 1 failed)" in total
    assert "checks, 1: 3600 seconds (1 hours)" in total
    assert energy == "Energy was measured for 2 of them: 0.5 kWh; CO2 for none."


@pytest.mark.parametrize(("direction", "best"), [("minimize", "number=1"), ("maximize", "number=2")])
def test_a_study_shows_its_best_trials(make_record: MakeRecord, direction: str, best: str) -> None:
    sweep = Sweep("optuna", "basic", "study", direction)
    trials = [
        make_record(overrides=[f"number={number}"], sweep=sweep, start=f"2026-01-0{number}", **ended)
        for number, ended in (
            (1, {"returned": 0.5}),
            (2, {"returned": 0.75}),
            (3, {"returned": None, "status": "failed"}),
        )
    ]
    counts, command, _, table = list_studies([*trials, make_record(sweep=None)])
    assert counts == "Optuna searched in 3 trials (2 completed, 1 failed) of the study study:"
    assert command.splitlines()[1:-1] == ["python -m package.models.train_model seed=1"]
    rows = table.splitlines()[2:]
    assert len(rows) == 2
    assert best in rows[0]
    assert "0123456" in rows[0]
