"""What the parts of the benchmarks share: the project that is measured, the turns, and the table."""

import importlib.metadata
import operator
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from statistics import median
from typing import TypeVar

TEMPLATE = Path(__file__).resolve().parents[1]
PATH = os.environ["PATH"]
# Most users set neither: Python keeps bytecode, and the project's environment is the only one.
UNSET = ("PYTHONDONTWRITEBYTECODE", "VIRTUAL_ENV")
Value = TypeVar("Value")


def make_environment(path: str = PATH) -> dict[str, str]:
    """The variables of what is measured."""
    kept = {name: value for name, value in os.environ.items() if name not in UNSET}
    return kept | {"DVC_NO_ANALYTICS": "1", "PATH": path}


def run(command: Sequence[str | Path], directory: Path, path: str = PATH) -> str:
    """Run a command in a directory, and give its output; show what it printed if it fails."""
    program = shutil.which(command[0], path=path) or command[0]
    done = subprocess.run(
        [program, *command[1:]],
        cwd=directory,
        env=make_environment(path),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


class Benchmark:
    """The figures so far, as rows of a table, and the project that they are measured in."""

    def __init__(
        self, directory: Path, framework: str, python_version: str, repeat: int, quick: bool
    ) -> None:
        """Start an empty table.

        Args:
            directory: Where projects and environments are made.
            framework: The project's framework.
            python_version: The project's Python.
            repeat: How many turns count.
            quick: One turn, and no limits.
        """
        self.directory = directory
        self.framework = framework
        self.repeat = 1 if quick else repeat
        self.quick = quick
        self.answers = [f"framework={framework}", f"python_version={python_version}"]
        self.rows = ["| figure | result | spread | limit | medians |", "|---|---|---|---|---|"]
        self.broken: list[str] = []
        self.project = directory / "warm" / "my-ml-project"
        self.python = self.project / ".venv" / "bin" / "python"
        self.path = f"{self.python.parent}{os.pathsep}{PATH}"
        self.environment = make_environment(self.path)

    def turns(self, calls: Mapping[str, Callable[[], Value]]) -> dict[str, list[Value]]:
        """Take what each call gives, in turns, after one turn that does not count."""
        values: dict[str, list[Value]] = {name: [] for name in calls}
        for turn in range(1 if self.quick else 0, self.repeat + 1):
            for name, call in calls.items():
                value = call()
                print(f"{turn}/{self.repeat} {name}: {value}", file=sys.stderr)
                if turn:
                    values[name].append(value)
        return values

    def time(self, calls: Mapping[str, Callable[[], object]]) -> dict[str, list[float]]:
        """Take the seconds of each call, in turns."""

        def seconds(call: Callable[[], object]) -> float:
            begin = time.perf_counter()
            call()
            return round(time.perf_counter() - begin, 3)

        return self.turns({name: partial(seconds, call) for name, call in calls.items()})

    def ratio(
        self,
        above: tuple[str, Callable[[], object]],
        below: tuple[str, Callable[[], object]],
        limit: float | None = None,
    ) -> None:
        """Add the ratio of the seconds of two calls."""
        seconds = self.time(dict((above, below)))
        self.compare(f"{above[0]} / {below[0]}", "{:.2f} s", seconds.values(), limit)

    def compare(
        self,
        name: str,
        text: str,
        figures: Iterable[list[float]],
        limit: float | None = None,
        at_least: float | None = None,
    ) -> None:
        """Add the ratio of two figures of the same turns; `text` formats them."""
        above, below = figures
        result = median(above) / median(below)
        turns = list(map(operator.truediv, above, below))
        medians = " / ".join(text.format(median(values)) for values in (above, below))
        low, ratio, high = (f"{x:.{2 if x >= 0.1 else 3}f}" for x in (min(turns), result, max(turns)))
        held = f"at least {at_least}" if at_least else limit or ""
        self.rows.append(f"| {name} | {ratio} | {low} … {high} | {held} | {medians} |")
        self._check(name, result, limit)
        if at_least and result < at_least and not self.quick:
            self.broken.append(f"{name}: {result:.2f} is less than {at_least}")

    def seconds(self, name: str, values: list[float], limit: float | None = None) -> None:
        """Add seconds."""
        spread = f"{min(values):.1f} … {max(values):.1f} s"
        self.rows.append(
            f"| {name} | {median(values):.1f} s | {spread} | {f'{limit} s' if limit else ''} | |"
        )
        self._check(name, median(values), limit)

    def _check(self, name: str, result: float, limit: float | None) -> None:
        if limit and result > limit and not self.quick:
            self.broken.append(f"{name}: {result:.2f} is more than {limit}")

    def make_folder(self) -> Path:
        """Give a new, empty folder."""
        return Path(tempfile.mkdtemp(dir=self.directory))

    def install(self, package: str) -> Path:
        """Give the folder of the commands of a package, in an environment of its own."""
        folder = self.make_folder()
        python = folder / "bin" / "python"
        if shutil.which("uv"):
            run(["uv", "venv", "--quiet", "--no-project", folder], self.directory)
            install: list[str | Path] = ["uv", "pip", "install", "--compile-bytecode", "--python", python]
        else:
            run([sys.executable, "-m", "venv", folder], self.directory)
            install = [python, "-m", "pip", "install"]
        run([*install, "--quiet", package], self.directory)
        return folder / "bin"

    @cached_property
    def cookiecutter(self) -> str:
        """The command, in an environment that holds nothing else, as pipx and uvx make one."""
        version = importlib.metadata.version("cookiecutter")
        return str(self.install(f"cookiecutter=={version}") / "cookiecutter")

    def generate(self, folder: Path, *answers: str) -> Path:
        """Generate the default project, or one with other answers, without `dvc` on the path."""
        path = os.pathsep.join(
            entry for entry in PATH.split(os.pathsep) if not shutil.which("dvc", path=entry)
        )
        options = ["--no-input", "--default-config", "--output-dir", str(folder)]
        run([self.cookiecutter, str(TEMPLATE), *options, *self.answers, *answers], self.directory, path)
        return folder / "my-ml-project"

    def in_project(self, *command: str | Path) -> Callable[[], str]:
        """Give a call of a command in the project, which is made when it is first needed."""
        ready = self.project.parent / "ready"
        if not ready.exists():
            shutil.rmtree(self.project.parent, ignore_errors=True)
            self.generate(self.project.parent)
            run(["make", "setup"], self.project)
            run(["make", "all"], self.project)
            run(["git", "add", "."], self.project)
            author = ["-c", "user.name=A", "-c", "user.email=a@example.com"]
            run(["git", *author, "commit", "--quiet", "--message", "Run"], self.project)
            ready.touch()
        return lambda: run(command, self.project, self.path)
