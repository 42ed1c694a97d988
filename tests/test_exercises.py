"""The exercises: what is taken out, and what their checks accept and refuse."""

import shutil
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest
from conftest import Bake
from support import IN, PYTHONS, TEMPLATE, files, framework_of, sh

NUMBERS = sorted(int(path.name) for path in (TEMPLATE / "overlays/exercises").glob("[0-9]*"))
SOLUTIONS = {number: import_module(f"solutions.exercise_{number:02}") for number in NUMBERS}
VARIANTS = [(number, name) for number in NUMBERS for name in SOLUTIONS[number].RIGHT]
FAULTS = [(number, name) for number in NUMBERS for name in SOLUTIONS[number].WRONG]
in_exercises = pytest.mark.xdist_group("exercises")

Make = Callable[..., Path]


def name_exercises(numbers: list[int]) -> dict[str, str]:
    """The answers that take out these exercises."""
    return {"starting_point": "exercises", "exercises": ",".join(map(str, numbers))}


def check(project: Path, number: int) -> str:
    """What the check of an exercise prints."""
    return sh(f"{IN} python -m exercises {number}", project).stdout.strip()


@pytest.fixture
def make(bake: Bake, fresh: Path, tmp_path: Path) -> Make:
    """A function that takes exercises, and gives a project in which they are open."""

    def make(*numbers: int) -> Path:
        framework = framework_of(fresh)
        answers = {"framework": framework, "python_version": PYTHONS[framework]}
        project = shutil.copytree(bake(**answers, **name_exercises([*numbers])), tmp_path / "project")
        (project / ".venv").symlink_to(fresh / ".venv")
        (project / ".git/info").mkdir(exist_ok=True)
        (project / ".git/info/exclude").write_text(".venv\n")
        return project

    return make


@pytest.fixture
def solve(bake: Bake, fresh: Path) -> Callable[..., None]:
    """A function that puts back the solution of an exercise, where others may stay open."""

    def solve(project: Path, number: int, *still_open: int) -> None:
        module = SOLUTIONS[number]
        if hasattr(module, "solve"):
            module.solve(project)
            return
        others = still_open or (6 if number == 7 else 7,)  # with none, it would be the worked example
        framework = framework_of(fresh)
        answers = {"framework": framework, "python_version": PYTHONS[framework]}
        before = files(bake(**answers, **name_exercises([number, *others])))
        after = files(bake(**answers, **name_exercises([*others])))
        for name, content in after.items():
            if before.get(name) != content:
                (project / name).parent.mkdir(parents=True, exist_ok=True)
                (project / name).write_bytes(content)
        if hasattr(module, "complete"):  # what is left empty in the worked example, too
            module.complete(project)

    return solve


@in_exercises
@pytest.mark.slow
@pytest.mark.parametrize("number", NUMBERS)
def test_alone(make: Make, solve: Callable[..., None], number: int) -> None:
    """From empty to solved, in a project with no other exercise."""
    project = make(number)
    assert check(project, number) != "done"
    solve(project, number)
    assert check(project, number) == "done"


@in_exercises
@pytest.mark.slow
@pytest.mark.once
@pytest.mark.parametrize(("number", "name"), VARIANTS)
def test_another_right_solution(make: Make, solve: Callable[..., None], number: int, name: str) -> None:
    """A solution that is written otherwise is accepted, too."""
    project = make(number)
    solve(project, number)
    SOLUTIONS[number].RIGHT[name](project)
    assert check(project, number) == "done"


@in_exercises
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


def test_enough_solutions_are_tried() -> None:
    """Two right ones of each exercise, the worked example's among them, and three wrong ones."""
    for number in NUMBERS:
        assert len(SOLUTIONS[number].RIGHT) >= 1
        assert len(SOLUTIONS[number].WRONG) >= 3
