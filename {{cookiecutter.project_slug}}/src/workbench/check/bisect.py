"""Find out why an output differs: run its stage again with fewer and fewer factors."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..record.record import Packages
from .clone import Output, hash_output, remove
from .container import make_command
from .perturbations import FACTORS, make_environment, name_folder

Hash = str | None
Trial = Callable[[set[str]], Hash]


def find_first(stages: dict[str, Any], different: dict[str, Output]) -> Output:
    """An output that differs although nothing that its stage reads does."""
    for output in different.values():
        reads = [dep["path"] for dep in stages[output.stage].get("deps", [])]
        if not any(f"{path}/".startswith(f"{read}/") for read in reads for path in different):
            return output
    return next(iter(different.values()))


def make_trial(
    stage: dict[str, Any], output: Output, folder: Path, python: Path, image: str | None
) -> Trial:
    """A function that runs a stage in the clone with some factors, and gives the output's hash.

    It runs with an interpreter, or in containers of an image.
    """

    def trial(factors: set[str]) -> Hash:
        project = folder / name_folder("path" in factors)
        current = next(folder / n for n in map(name_folder, (False, True)) if (folder / n).is_dir())
        current.rename(project)
        for out in stage["outs"]:
            remove(project / out["path"])
        commands = stage["cmd"] if isinstance(stage["cmd"], list) else [stage["cmd"]]
        environment = make_environment(factors, project, python)
        for command in commands:
            if image:
                command = [*make_command(image, project, environment), "sh", "-c", command]
            subprocess.run(
                command,
                shell=image is None,  # as DVC does
                cwd=project,
                env=None if image else environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
            )
        path = project / output.path
        return hash_output(path) if path.exists() else None

    return trial


def find_cause(
    trial: Trial, factors: set[str], committed: Hash, original_here: bool, packages: Packages
) -> str:
    """Say what makes a stage's output differ from the committed one.

    Args:
        trial: Runs the stage with some of the factors, and gives the output's hash.
        factors: What may be to blame.
        committed: The hash in the committed `dvc.lock`.
        original_here: Whether a file with that hash is in this repository.
        packages: What is installed here.
    """
    still = trial(set())
    if still != trial(set()):
        if trial({"entropy"}) == trial({"entropy"}):
            return "random numbers that no seed reaches"
        return "the time of the run: two runs in a row differ, even with all random numbers fixed"
    if factors and trial(factors) != still:
        culprits = _halve(lambda part: trial(part) != still, sorted(factors))
        return " together with ".join(FACTORS[name] for name in culprits)
    if still == committed:
        return "nothing that stays: the stage gave the committed result this time"
    if not original_here:
        return (
            "dvc.lock: no file with the hash that it names is here, and every run of the stage "
            "gives another one. It was edited, or its results were not kept"
        )
    if packages.differ:
        names = (
            f"{name} {installed} ({f'{locked} in the lock' if locked else 'not in the lock'})"
            for name, (installed, locked) in packages.differ.items()
        )
        return f"packages that differ from the lock: {', '.join(names)}"
    return "nothing that can be varied here: other code, packages, processor or day than now"


def _halve(differs: Callable[[set[str]], bool], factors: list[str]) -> list[str]:
    """The factors that it takes: one, where one is enough."""
    if len(factors) == 1:
        return factors
    middle = len(factors) // 2
    for part in (factors[:middle], factors[middle:]):
        if differs(set(part)):
            return _halve(differs, part)
    return factors
