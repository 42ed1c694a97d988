"""Measure what the README quotes: what is compared runs in turns (A, B, A, B, …) on the same machine.

    python benchmarks/run.py [--framework NAME] [--only generation|pipeline|serving …] [--repeat N]

A ratio is that of the medians; its spread is the lowest and the highest ratio of one turn. `serving` needs
wrk, and builds images where Docker answers, with the command in DOCKER_BUILD (default: docker build).
`storage` needs uv, 5 GB of disk and some minutes a turn; `sweeps` needs a Slurm that answers `sinfo`.
`--framework pytorch-lightning` has the parts `training`, `imports` and `serving`.
"""

import argparse
import ast
import json
import operator
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import TypeVar

from serving import serving
from storage import storage
from sweeps import finds_slurm, sweeps

TEMPLATE = Path(__file__).resolve().parents[1]
BARE = TEMPLATE / "benchmarks" / "bare"
STAGES = {  # of the generated project: the bare script that does the same, and the arguments of both
    "data.make_dataset": ("make_dataset.py", [], []),
    "features.build_features": ("build_features.py", [], []),
    "models.train_model": ("train_model.py", ["seed=0"], ["0"]),
    "models.predict_model": ("predict_model.py", [], list("01234")),
    "visualization.visualize": ("visualize.py", [], list("01234")),
}
COOKIECUTTER = [sys.executable, "-m", "cookiecutter"]
PATH = os.environ["PATH"]
Value = TypeVar("Value")


def make_environment(path: str) -> dict[str, str]:
    """The variables of what is measured."""
    environment = os.environ | {"DVC_NO_ANALYTICS": "1", "PATH": path}
    # Bytecode is compiled once, and an environment around this one is none of the project's.
    for name in ("PYTHONDONTWRITEBYTECODE", "VIRTUAL_ENV"):
        environment.pop(name, None)
    return environment


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

    def __init__(self, directory: Path, repeat: int, framework: str, python_version: str) -> None:
        self.directory = directory
        self.repeat = repeat
        self.framework = framework
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
        for turn in range(self.repeat + 1):
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
        if limit and result > limit:
            self.broken.append(f"{name}: {result:.2f} is more than {limit}")
        if at_least and result < at_least:
            self.broken.append(f"{name}: {result:.2f} is less than {at_least}")

    def seconds(self, name: str, values: list[float]) -> None:
        """Add seconds."""
        self.rows.append(f"| {name} | {median(values):.1f} s | {min(values):.1f} … {max(values):.1f} s | | |")

    def generate(self, name: str, *answers: str) -> Path:
        """Generate the default project, or one with other answers, without `dvc` on the path."""
        path = os.pathsep.join(
            folder for folder in PATH.split(os.pathsep) if not shutil.which("dvc", path=folder)
        )
        command: list[str | Path] = [
            *COOKIECUTTER,
            TEMPLATE,
            "--no-input",
            "--default-config",
            "--output-dir",
            name,
            *self.answers,
            *answers,
        ]
        run(command, self.directory, path)
        return self.directory / name / "my-ml-project"

    def in_project(self, *command: str | Path) -> Callable[[], str]:
        """Give a call of a command in the project, which is made when it is first needed."""
        if not self.project.exists():
            self.generate("warm")
            run(["make", "setup"], self.project)
            run(["make", "all"], self.project)
            run(["git", "add", "."], self.project)
            author = ["-c", "user.name=A", "-c", "user.email=a@example.com"]
            run(["git", *author, "commit", "--quiet", "--message", "Run"], self.project)
        return lambda: run(command, self.project, self.path)


def generation(benchmark: Benchmark) -> None:
    """Compare generation with cookiecutter's own start."""
    projects: list[Path] = []
    benchmark.ratio(
        ("generation", lambda: projects.append(benchmark.generate(f"generated{len(projects)}"))),
        ("`cookiecutter --version`", lambda: run([*COOKIECUTTER, "--version"], benchmark.directory)),
        limit=2.5,
    )
    run(["git", "rev-parse", "--verify", "HEAD:.dvc/config"], projects[-1])


def pipeline(benchmark: Benchmark) -> None:
    """Compare the pipeline with the same steps as bare scripts, which have to give the same bytes."""
    bare = benchmark.directory / "bare"
    bare.mkdir()
    benchmark.ratio(
        ("pipeline", benchmark.in_project("dvc", "repro", "--force")),
        ("bare scripts", lambda: run(["sh", BARE / "run.sh"], bare, benchmark.path)),
        limit=1.4,
    )
    for path in bare.rglob("*.*"):
        name = path.relative_to(bare)
        if path.read_bytes() != (benchmark.project / name).read_bytes():
            benchmark.broken.append(f"{name} of the bare scripts is not that of the pipeline")


def stages(benchmark: Benchmark) -> None:
    """Compare each stage with the imports of its bare script, and with that script."""
    for module, (script, arguments, bare_arguments) in STAGES.items():
        tree = ast.parse((BARE / script).read_text(encoding="utf-8"))
        imports = "\n".join(
            ast.unparse(node) for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)
        )
        stage = benchmark.in_project("python", "-m", f"my_ml_project.{module}", *arguments)
        name = f"`{module}`"
        benchmark.ratio((name, stage), ("its imports", benchmark.in_project("python", "-c", imports)))
        script_call = benchmark.in_project("python", BARE / script, *bare_arguments)
        benchmark.ratio((name, stage), ("its bare script", script_call))


def reproduction(benchmark: Benchmark) -> None:
    """Compare the reproduction check with the pipeline, and a fresh environment with the one that is here."""
    check = benchmark.in_project("make", "reproduce")
    repro = benchmark.in_project("dvc", "repro", "--force", "--no-run-cache")
    benchmark.ratio(("`make reproduce`", check), ("pipeline", repro), limit=1.5)
    fresh = benchmark.in_project("make", "reproduce", "LEVEL=2")
    seconds = benchmark.time({"LEVEL=2": fresh, "LEVEL=1": check})
    more = [two - one for two, one in zip(*seconds.values(), strict=True)]
    benchmark.seconds("`make reproduce`: what LEVEL=2 takes more", more)
    if median(more) > 60:
        benchmark.broken.append(f"LEVEL=2 takes {median(more):.0f} s more than LEVEL=1: more than 60")


def idle(benchmark: Benchmark) -> None:
    """Compare a pipeline with nothing to do with DVC's own look at it."""
    repro, status = (benchmark.in_project("dvc", command) for command in ("repro", "status"))
    benchmark.ratio(("`dvc repro` with nothing to do", repro), ("`dvc status`", status))


def start(benchmark: Benchmark) -> None:
    """Go from an empty directory to the metrics; the turn that does not count fills the package cache."""
    projects: list[Path] = []
    seconds = benchmark.time(
        {
            "generation": lambda: projects.append(benchmark.generate(f"start{len(projects)}")),
            "`make setup`": lambda: run(["make", "setup"], projects[-1]),
            "`make all`": lambda: run(["make", "all"], projects[-1]),
        }
    )
    seconds["in all"] = [sum(turn) for turn in zip(*seconds.values(), strict=True)]
    for name, values in seconds.items():
        benchmark.seconds(
            f"from an empty directory ({'uv' if shutil.which('uv') else 'pip'}): {name}", values
        )


def training(benchmark: Benchmark) -> None:
    """Compare training by Lightning with a bare loop that gives the same weights."""
    for model in ("mlp", "cnn"):
        script = TEMPLATE / "benchmarks" / "training.py"
        printed = benchmark.in_project("python", script, model, str(benchmark.repeat))()
        seconds = json.loads(printed.splitlines()[-1])
        benchmark.compare(f"training, model={model}: Lightning / bare PyTorch", "{:.2f} s", seconds.values())


def imports(benchmark: Benchmark) -> None:
    """Compare a whole run of `train_model` with its imports, and these with PyTorch's alone."""
    torch = ("`import torch`", benchmark.in_project("python", "-c", "import torch"))
    both = ("`import lightning.pytorch`", benchmark.in_project("python", "-c", "import lightning.pytorch"))
    whole = benchmark.in_project("python", "-m", "my_ml_project.models.train_model")
    benchmark.ratio(both, torch)
    benchmark.ratio(("`models.train_model`", whole), both)


PARTS = {
    "scikit-learn": (generation, pipeline, stages, reproduction, idle, start, serving, storage, sweeps),
    "pytorch-lightning": (training, imports, serving),
}


def main() -> None:
    """Measure, print the table, and fail where a limit is broken."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--framework", choices=PARTS, default="scikit-learn", help="of the project")
    parser.add_argument("--python", default="3.12", help="the project's Python version (default: 3.12)")
    parser.add_argument("--only", nargs="+", help="the parts to measure")
    parser.add_argument(
        "--repeat", type=int, default=5, metavar="N", help="how many turns count (default: 5)"
    )
    options = parser.parse_args()
    parts = {part.__name__: part for part in PARTS[options.framework]}
    options.only = options.only or list(parts)
    if unknown := set(options.only) - parts.keys():
        parser.error(f"--only {' '.join(sorted(unknown))}: {options.framework} has {', '.join(parts)}")
    if "serving" in options.only and not shutil.which("wrk"):
        sys.exit("The part `serving` needs wrk (Debian, Ubuntu and Homebrew call the package wrk).")
    if "sweeps" in options.only and not finds_slurm():
        sys.exit("The part `sweeps` needs a Slurm that answers `sinfo`.")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as directory:
        benchmark = Benchmark(Path(directory), options.repeat, options.framework, options.python)
        for name in options.only:
            parts[name](benchmark)
    print(*benchmark.rows, sep="\n")
    if benchmark.broken:
        sys.exit("\n".join(["Broken limits:", *benchmark.broken]))


if __name__ == "__main__":
    main()
