"""The exercises: what is taken out, and what their checks accept and refuse."""

import ast
import csv
import json
import re
import runpy
import shutil
import sys
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from textwrap import dedent

import pytest
import yaml
from conftest import Bake
from support import (
    CHOICES,
    IN,
    PYTHONS,
    ROOT,
    TEMPLATE,
    files,
    framework_of,
    git,
    has_docker,
    in_containers,
    need_docker,
    replace,
    run,
    save,
    sh,
)

from local_extensions import exercise_numbers
from overlays import SOLUTION

NUMBERS = exercise_numbers("all")
SOLUTIONS = {number: import_module(f"solutions.exercise_{number:02}") for number in NUMBERS}
QUICK = (2, 7, 9)
IN_DOCKER = [number for number in NUMBERS if hasattr(SOLUTIONS[number], "NEEDS_DOCKER")]
in_exercises = pytest.mark.xdist_group("exercises")


def case(number: int, *names: str, often: bool = True):
    """The parameters of a test; what needs Docker runs where the other tests that do run."""
    group = in_containers if number in IN_DOCKER else in_exercises
    marks = [] if often else [pytest.mark.exhaustive]
    return pytest.param(number, *names, marks=[group, *marks])


def cases(kind: str) -> list:
    """For each exercise its solutions of a kind: `make test` tries one of those with a quick check."""
    return [
        case(number, name, often=place == 0 and number in QUICK)
        for number in NUMBERS
        for place, name in enumerate(getattr(SOLUTIONS[number], kind))
    ]


ALONE = [case(number) for number in NUMBERS]
VARIANTS = cases("RIGHT")
FAULTS = cases("WRONG")
ROUNDS = range(1 + max(len(solutions.RIGHT) for solutions in SOLUTIONS.values()))

Make = Callable[..., Path]


def answer(framework: str, numbers: Iterable[int]) -> dict[str, str]:
    """The answers that take out these exercises; with none of them, those of the worked example."""
    answers = {"framework": framework, "python_version": PYTHONS[framework]}
    if open_ones := ",".join(map(str, numbers)):
        answers |= {"starting_point": "exercises", "__exercises": open_ones}
    return answers


def check(project: Path, number: int) -> str:
    """What the check of an exercise prints."""
    return sh(f"{IN} python -m exercises {number}", project).stdout.strip()


@pytest.fixture
def bake_open(bake: Bake, fresh: Path) -> Make:
    """A function that takes exercises, and gives a project in which they are open. Copy it."""
    return lambda *numbers: bake(**answer(framework_of(fresh), numbers))


@pytest.fixture
def make(bake_open: Make, fresh: Path, tmp_path: Path) -> Make:
    """The same, with a copy of the project, in which its commands run."""

    def make(*numbers: int) -> Path:
        if {*numbers} <= {*IN_DOCKER}:
            need_docker()
        project = shutil.copytree(bake_open(*numbers), tmp_path / "project")
        (project / ".venv").symlink_to(fresh / ".venv")
        (project / ".git/info").mkdir(exist_ok=True)
        (project / ".git/info/exclude").write_text(".venv\n")
        return project

    return make


@pytest.fixture
def solve(bake_open: Make) -> Callable[..., None]:
    """A function that puts back the solution of an exercise, where others may stay open."""

    def solve(project: Path, number: int, *still_open: int) -> None:
        module = SOLUTIONS[number]
        if hasattr(module, "solve"):
            module.solve(project)
            return
        before, after = files(bake_open(number, *still_open)), files(bake_open(*still_open))
        for name, content in after.items():
            if before.get(name) != content:
                (project / name).parent.mkdir(parents=True, exist_ok=True)
                (project / name).write_bytes(content)
        if hasattr(module, "complete"):  # what is left empty in the worked example, too
            module.complete(project)

    return solve


@pytest.mark.slow
@pytest.mark.once
@pytest.mark.parametrize("number", ALONE)
def test_alone(make: Make, solve: Callable[..., None], number: int) -> None:
    """From empty to solved, in a project with no other exercise."""
    project = make(number)
    assert check(project, number) != "done"
    solve(project, number)
    assert check(project, number) == "done"


@pytest.mark.slow
@pytest.mark.once
@pytest.mark.parametrize(("number", "name"), VARIANTS)
def test_another_right_solution(make: Make, solve: Callable[..., None], number: int, name: str) -> None:
    """A solution that is written otherwise is accepted, too."""
    project = make(number)
    solve(project, number)
    SOLUTIONS[number].RIGHT[name](project)
    assert check(project, number) == "done"


@pytest.mark.slow
@pytest.mark.once
@pytest.mark.parametrize(("number", "name"), FAULTS)
def test_a_wrong_solution(make: Make, solve: Callable[..., None], number: int, name: str) -> None:
    """A wrong solution is refused, and what is wrong with it is said."""
    project = make(number)
    solve(project, number)
    edit, message = SOLUTIONS[number].WRONG[name]
    edit(project)
    said = check(project, number)
    assert message in said
    assert len(said.splitlines()) == 1


@in_exercises
@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.parametrize("turn", ROUNDS)
def test_in_order(make: Make, solve: Callable[..., None], turn: int) -> None:
    """From empty to solved, one after the other; then everything runs, is tested, and can be committed.

    Each turn takes another right solution of every exercise that has one: first `solve`'s.
    """
    numbers = [number for number in NUMBERS if turn <= len(SOLUTIONS[number].RIGHT)]
    numbers = [number for number in numbers if number not in IN_DOCKER or has_docker()]
    project = make(*numbers)
    for number in sorted(numbers, key=lambda number: number != 5):  # 5 begins with a history of its own
        assert check(project, number) != "done"
        others = [other for other in numbers if other > number]
        solve(project, number, *others or [6 if number == 7 else 7])  # some: `make exercises` stays
        for edit in [*SOLUTIONS[number].RIGHT.values()][max(turn - 1, 0) : turn]:
            edit(project)
        assert check(project, number) == "done", number
    sh("make format && make all test lint typecheck", project)
    results = json.loads(sh(f"{IN} make exercises JSON=1", project).stdout)
    assert [(entry["number"], entry["message"]) for entry in results if not entry["done"]] == []
    save(project, "Results")
    assert git(project, "status", "--porcelain") == ""
    assert "up to date" in sh(f"{IN} dvc status dvc.yaml", project).stdout


@in_exercises
@pytest.mark.slow
@pytest.mark.once
def test_a_fresh_project_is_honest(make: Make, tmp_path: Path) -> None:
    """With every exercise open: its tests skip and say why, its checks are green, its CI shows the table."""
    project = make(*NUMBERS)
    sh(f"{IN} make lint typecheck docs", project)
    done = sh(f"{IN} python -m pytest -q -rs --deselect tests/test_notebooks.py", project)
    reasons = set(re.findall(r"^SKIPPED .*: (exercise \d+ is not done yet) \((.*)\)$", done.stdout, re.M))
    # The others leave no test that could fail: it is missing with them, or there was none.
    assert {reason for reason, _ in reasons} == {f"exercise {n} is not done yet" for n in (2, 3, 7, 11)}
    assert all((project / page).is_file() for _, page in reasons)

    workflow = yaml.safe_load((project / ".github/workflows/ci.yml").read_text("utf-8"))
    (*_, step) = workflow["jobs"]["exercises"]["steps"]
    summary = tmp_path / "summary.md"
    sh(f"{IN}; export PATH PYTHONPATH; {step['run']}", project, GITHUB_STEP_SUMMARY=str(summary))
    lines = summary.read_text("utf-8").splitlines()
    rows = [line.strip("| ").split(" | ") for line in lines if line.startswith("| ")]
    assert [(title.partition(".")[0], state) for title, state in rows[1:]] == [
        (str(number), "to do") for number in NUMBERS
    ]
    assert f"0 of {len(NUMBERS)} are done" in summary.read_text("utf-8")
    assert git(project, "status", "--porcelain") == ""


@in_exercises
@pytest.mark.slow
@pytest.mark.once
def test_a_test_that_fails_for_another_reason(make: Make) -> None:
    """Only what an open exercise explains is skipped."""
    project = make(7)
    replace(project / "tests/test_predict.py", r'assert "\\nOver 2 seeds and " in table', "assert table == 0")
    command = f"{IN} python -m pytest -q tests/test_predict.py"
    done = sh(command, project, check=False).stdout
    assert "1 failed" in done and "FAILED tests/test_predict.py::test_the_table_shows_the_metrics" in done
    assert "exercise 7 is not done yet (docs/exercises/07-error-bars.md)" in done


@in_exercises
@pytest.mark.slow
@pytest.mark.once
def test_what_goes_wrong_while_checking(make: Make) -> None:
    """An error in the student's code is told with its place; a wrong number gets the right ones."""
    project = make(6, 7)
    interval = project / "src/workbench/statistics/interval.py"
    replace(interval, r"Error\(math.nan, math.nan\)", "Error(1 / 0, 1.0)")
    line = interval.read_text("utf-8").splitlines().index("    return Error(1 / 0, 1.0)") + 1
    expected = f"src/workbench/statistics/interval.py, line {line}: ZeroDivisionError: division by zero"
    assert check(project, 7) == expected
    results = json.loads(sh(f"{IN} make exercises JSON=1", project).stdout)
    assert [(entry["number"], entry["done"]) for entry in results] == [(6, False), (7, False)]
    assert results[1]["message"] == expected
    interval.write_text("def add_seeds(:\n")
    assert "SyntaxError" in check(project, 7)
    interval.write_text("import os\nos._exit(0)\n")
    assert check(project, 7) != "done"
    results = json.loads(sh(f"{IN} make exercises JSON=1", project).stdout)
    assert not results[1]["done"]
    done = sh(f"{IN} python -m exercises 8", project, check=False)
    assert (done.returncode, done.stderr) == (1, "Give one of the numbers 6, 7, or none for all of them.\n")


@in_exercises
@pytest.mark.parametrize("framework", CHOICES["framework"])
def test_marks_leave_no_trace(bake: Bake, framework: str) -> None:
    """Neither the worked example nor an exercise has anything of the marks; an exercise has its task."""
    for numbers in ((), NUMBERS):
        project = bake(**answer(framework, numbers))
        for name, content in files(project).items():
            assert not re.search(rb"# (end of )?exercise \d|# ?\| ", content), name
    for number in NUMBERS:
        project = bake(**answer(framework, [number]))
        own = {name for name in files(project) if re.search(r"exercises/(\d|exercise_)", name)}
        assert {int(re.sub(r"\D", "", name)) for name in own} == {number}
        assert len(own) == 2


def test_marks_stand_around_whole_functions() -> None:
    """What an exercise takes out of Python is a function, so that the rest is Python as it lies there."""
    found = {
        (path.name, mark["number"]): [type(node) for node in ast.parse(dedent(mark["solution"])).body]
        for path in TEMPLATE.glob("src/**/*.py")
        for mark in SOLUTION.finditer(path.read_text("utf-8"))
    }
    assert found
    assert {key: kinds for key, kinds in found.items() if kinds != [ast.FunctionDef]} == {}


def test_marked_files_are_listed() -> None:
    """The list that `make marks` writes is up to date: a mark in another file would stay in every project."""
    script = runpy.run_path(str(ROOT / "scripts/marked_files.py"))
    assert script["find_marked_files"]() == script["LIST"].read_text("utf-8").splitlines()


INSTRUCTORS = ROOT / "docs/instructors.md"


@in_exercises
@pytest.mark.slow
@pytest.mark.once
def test_the_example_of_the_instructors_page(template: Path, tmp_path: Path, fresh: Path) -> None:
    """An exercise that is added as the page says is left out, checked and accepted."""
    text = INSTRUCTORS.read_text("utf-8")
    blocks = re.findall(r"^```(?:diff|markdown|python)\n(.*?)^```$", text, re.M | re.S)
    assert sum(len(block.splitlines()) for block in blocks) <= 50
    (tmp_path / "marks.diff").write_text(blocks[0])
    git(template, "apply", str(tmp_path / "marks.diff"))
    names = re.findall(r"`((?:overlays|tests)/\S+16\S*\.(?:md|py))`", text)
    assert len(names) == 3
    for name, block in zip(names, blocks[1:], strict=True):
        (template / name).parent.mkdir(parents=True, exist_ok=True)
        (template / name).write_text(block, "utf-8")
    assert run(sys.executable, template / "scripts/marked_files.py", cwd=template).returncode == 0

    answers = {"starting_point": "exercises", "__exercises": "16"}
    command = [sys.executable, "-m", "cookiecutter", template, "--no-input"]
    done = run(*command, *(f"{k}={v}" for k, v in answers.items()), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    project = tmp_path / "my-ml-project"
    (project / ".venv").symlink_to(fresh / ".venv")
    assert check(project, 16) == "Not begun: exercise 16: docs/exercises/16-holm.md"
    overlay = tmp_path / "solutions/16/src/workbench/statistics"  # a solution that is kept elsewhere
    overlay.mkdir(parents=True)
    shutil.copy(TEMPLATE / "src/workbench/statistics/comparison.py", overlay)
    solutions = runpy.run_path(str(template / names[2]))
    wrong = {f"wrong {name}": case for name, case in solutions["WRONG"].items()}
    right = {f"right {name}": (edit, "done") for name, edit in solutions["RIGHT"].items()}
    assert wrong and right
    for edit, message in {**wrong, **right}.values():
        sh(f"cp -R {tmp_path}/solutions/16/. .", project)
        assert check(project, 16) == "done"
        edit(project)
        assert message in check(project, 16)


STATES = ("untouched", "begun", "half done", "cheated", "broken", "late")
LATE = {"GIT_AUTHOR_DATE": "2099-01-01T12:00:00", "GIT_COMMITTER_DATE": "2099-01-01T12:00:00"}


def make_class(folder: Path, make: Make, n_students: int) -> dict[str, list[str]]:
    """Projects with the exercises 2 and 7, in different states; what is said of each."""
    project = make(2, 7)
    rows = {}
    for number in range(n_students):
        state = STATES[number % len(STATES)]
        student = shutil.copytree(project, folder / f"student-{number:02}-{state}", symlinks=True)
        file = "src/workbench/statistics/interval.py"
        rows[student.name] = ["·", "·", "0 of 2", "Your Name 2", ""]
        if state == "begun":
            replace(student / file, r"Error\(math.nan, math.nan\)", "Error(0.0, 1.0)")
        elif state in ("half done", "late"):
            shutil.copyfile(TEMPLATE / file, student / file)
            rows[student.name][1:3] = ["✓", "1 of 2"]
        elif state == "cheated":
            for name in ("exercise_02", "exercise_07"):
                (student / f"exercises/{name}.py").write_text("TESTS = ()\n\n\ndef check():\n    return\n")
            differ = "its checks are not this template's: exercise_02.py, exercise_07.py"
            rows[student.name][4] = differ
        elif state == "broken":
            (student / file).write_text("def add_seeds(:\n")
            rows[student.name][4] = f"{file}, line 1: SyntaxError: invalid syntax"
        date = LATE if state == "late" else {}
        sh(
            "git add --all && git commit -q --allow-empty -m Work",
            student,
            GIT_AUTHOR_NAME="Your Name",
            **date,
        )
    return rows


def read_class(folder: Path, python: Path, *options: str) -> list[list[str]]:
    """The table of a class, without the commits and dates of each row."""
    script = ROOT / "scripts/class_progress.py"
    done = run(python, script, folder, "--csv", *options, cwd=folder.parent)
    assert done.returncode == 0, done.stderr
    head, *rows, total = csv.reader(done.stdout.splitlines())
    assert head == ["repository", "commit", "date", "2", "7", "done", "commits of", "notes"]
    for name, commit, date, *_ in [row for row in rows if row[1]]:
        assert git(folder / name, "log", "-1", "--format=%cs", commit) == date
    return [[row[0], *row[3:]] for row in (*rows, total)]


@in_exercises
@pytest.mark.slow
@pytest.mark.once
@pytest.mark.parametrize(
    "n_students", [6, pytest.param(30, marks=pytest.mark.exhaustive)], ids=["six", "thirty"]
)
def test_progress_of_a_class(tmp_path: Path, make: Make, n_students: int) -> None:
    """One table of repositories at different states, by the template's checks, at a time."""
    folder = tmp_path / "class"
    folder.mkdir()
    (folder / "notes").mkdir()
    rows = make_class(folder, make, n_students)
    python = tmp_path / "project/.venv/bin/python"
    *found, total = read_class(folder, python)
    assert found == [[name, *row] for name, row in rows.items()]
    solved = sum("✓" in row for row in rows.values())
    assert total == [f"{n_students} in all", "0", str(solved), "", "", ""]
    shutil.rmtree(folder / "student-00-untouched/.git")
    for name in set(rows) - {"student-00-untouched", "student-02-half done", "student-05-late"}:
        shutil.rmtree(folder / name)
    done = read_class(folder, python, "--until", "2098-01-01")
    assert done[:3] == [
        ["student-00-untouched", "", "", "", "", done[0][-1]],
        ["student-02-half done", "·", "✓", "1 of 2", "Your Name 2", ""],
        ["student-05-late", "·", "·", "0 of 2", "Your Name 1", ""],
    ]
    assert "not a git repository" in done[0][-1]
    shown = run(python, ROOT / "scripts/class_progress.py", folder, "--until", "2000-01-01", cwd=folder)
    head, line, _, second, *_ = shown.stdout.splitlines()
    assert head == "| repository | commit | date | done | commits of | notes |"
    assert (line, second.endswith("| no commit before 2000-01-01 |")) == ("|" + " --- |" * 6, True)


def test_progress_of_no_class(tmp_path: Path) -> None:
    """A folder without such projects, and none at all, are answered in a line."""
    script = ROOT / "scripts/class_progress.py"
    for arguments, message in {
        (): "the following arguments are required: folder\n",
        ("nowhere",): "nowhere is no folder: give that of the class's repositories.\n",
        (".",): ".: no folder in it holds a project with exercises.\n",
    }.items():
        done = run(sys.executable, script, *arguments, cwd=tmp_path)
        assert done.returncode and done.stderr.endswith(message)


def test_enough_solutions_are_tried() -> None:
    """Two right ones of each exercise, the first one among them, and ten wrong or lazy ones."""
    for number in NUMBERS:
        assert len(SOLUTIONS[number].RIGHT) >= 1
        assert len(SOLUTIONS[number].WRONG) >= 10, number
