"""Measure what docs/costs.md quotes: what is compared runs in turns (A, B, A, B, …) on the same machine.

    python benchmarks/run.py [--framework NAME] [--only generation pipeline …] [--repeat N]

A ratio is that of the medians; its spread is the lowest and the highest ratio of one turn. `serving` needs
wrk, and builds images where Docker answers, with the command in DOCKER_BUILD (default: docker build).
`storage` needs 5 GB of disk and some minutes a turn; `sweeps` needs a Slurm that answers `sinfo`.
`--framework pytorch-lightning` has the parts `training`, `imports` and `serving`.
"""

import argparse
import ast
import json
import operator
import os
import re
import shutil
import sys
import tempfile
from contextlib import nullcontext
from functools import partial
from pathlib import Path

from benchmark import TEMPLATE, UNSET, Benchmark, run
from serving import serving
from storage import storage
from sweeps import finds_slurm, sweeps

BARE = TEMPLATE / "benchmarks" / "bare"
SAME = TEMPLATE / "benchmarks" / "same_outputs.py"
# For each stage: the bare script that does the same, and the arguments of both. The preprocessing
# is fitted and exported by `build_features`, and once for each seed by the bare train_model.py.
STAGES = {
    "data.make_dataset": ("make_dataset.py", [], []),
    "features.build_features": ("build_features.py", [], []),
    "models.train_model": ("train_model.py", ["seed=0"], ["0"]),
    "models.predict_model": ("predict_model.py", [], list("01234")),
    "visualization.visualize": ("visualize.py", [], list("01234")),
}


def generation(benchmark: Benchmark) -> None:
    """Compare generation with cookiecutter's own start."""
    projects: list[Path] = []
    version = [benchmark.cookiecutter, "--version"]
    benchmark.ratio(
        ("generation", lambda: projects.append(benchmark.generate(benchmark.make_folder()))),
        ("`cookiecutter --version`", lambda: run(version, benchmark.directory)),
        limit=2.5,
    )
    run(["git", "rev-parse", "--verify", "HEAD:.dvc/config"], projects[-1])


def lines(benchmark: Benchmark) -> None:
    """Count the lines of Python in each package."""
    source = benchmark.generate(benchmark.make_folder()) / "src"
    for package in ("my_ml_project", "workbench"):
        texts = (path.read_text(encoding="utf-8") for path in (source / package).rglob("*.py"))
        count = sum(len(text.splitlines()) for text in texts)
        benchmark.rows.append(f"| lines of Python in `src/{package}` | {count} | | | |")


def tests(benchmark: Benchmark) -> None:
    """Take the time of the project's own tests."""
    for name, values in benchmark.time({"`make test`": benchmark.in_project("make", "test")}).items():
        benchmark.seconds(name, values, limit=25)


def pipeline(benchmark: Benchmark) -> None:
    """Compare the pipeline with the same work in bare scripts, and say what the difference is made of."""
    planned = benchmark.in_project("dvc", "repro", "--force", "--dry")()
    commands = re.findall(r"^> (.+)$", planned, flags=re.MULTILINE)
    scripts, process = benchmark.make_folder(), benchmark.make_folder()
    run_scripts = partial(run, ["sh", str(BARE / "run.sh")], scripts, benchmark.path)
    run_at_once = partial(run, ["sh", str(BARE / "run.sh"), str(os.cpu_count())], scripts, benchmark.path)
    run_process = partial(run, ["python", str(BARE / "one_process.py")], process, benchmark.path)
    run_scripts()
    benchmark.rows.append(require_same_outputs(benchmark, scripts))
    run_process()
    require_same_outputs(benchmark, process)
    from_nothing = "rm dvc.lock\nexec python -m workbench.pipeline.run --no-run-cache"
    seconds = benchmark.time(
        {
            "pipeline": benchmark.in_project("sh", "-ec", from_nothing),
            "its stages one after the other": benchmark.in_project("dvc", "repro", "--force"),
            "the same without DVC": benchmark.in_project("sh", "-ec", "\n".join(commands)),
            "bare scripts": run_scripts,
            "bare scripts, seeds at the same time": run_at_once,
            "one process": run_process,
        }
    )
    whole, in_turn, stages, bare, at_once, one = seconds.values()
    benchmark.compare("pipeline / bare scripts in a shell loop", "{:.2f} s", (whole, bare), limit=1.4)
    benchmark.compare("pipeline / bare scripts, seeds at the same time", "{:.2f} s", (whole, at_once))
    benchmark.compare("pipeline, a stage at a time / bare scripts", "{:.2f} s", (in_turn, bare))
    benchmark.compare("pipeline / one process that does the same work", "{:.2f} s", (whole, one))
    benchmark.seconds("a stage at a time: imports, once, and the work", one)
    for name, more, less in (
        (f"imports again, for each of {len(commands)} stages", bare, one),
        ("Hydra, pydantic, and the record of each run", stages, bare),
        ("DVC", in_turn, stages),
    ):
        benchmark.seconds(f"… {name}", list(map(operator.sub, more, less)))


def require_same_outputs(benchmark: Benchmark, folder: Path) -> str:
    """Exit unless a folder has what the pipeline has written; give the row that says how far."""
    identical, rounded = benchmark.in_project("python", SAME, benchmark.project, folder)().split()
    name = "outputs that bare scripts write with the same bytes (of the others: the same content)"
    return f"| {name} | {identical} | | | {rounded} others |"


def stages(benchmark: Benchmark) -> None:
    """Compare each stage with the imports of its bare script, and with that script."""
    folder = benchmark.make_folder()
    benchmark.in_project("sh", "-c", f"cd '{folder}' && sh '{BARE}/run.sh'")()
    for module, (script, arguments, bare_arguments) in STAGES.items():
        tree = ast.parse((BARE / script).read_text(encoding="utf-8"))
        imports = "\n".join(
            ast.unparse(node) for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)
        )
        stage = benchmark.in_project("python", "-m", f"my_ml_project.{module}", *arguments)
        name = f"`{module}`"
        benchmark.ratio((name, stage), ("its imports", benchmark.in_project("python", "-c", imports)))
        script_call = partial(run, ["python", str(BARE / script), *bare_arguments], folder, benchmark.path)
        benchmark.ratio((name, stage), ("its bare script", script_call))


def reproduction(benchmark: Benchmark) -> None:
    """Compare the reproduction check with the pipeline, and a fresh environment with the one that is here."""
    check = benchmark.in_project("make", "reproduce")
    repro = benchmark.in_project("dvc", "repro", "--force", "--no-run-cache")
    benchmark.ratio(("`make reproduce`", check), ("pipeline", repro), limit=1.5)
    fresh = benchmark.in_project("make", "reproduce", "LEVEL=2")
    seconds = benchmark.time({"LEVEL=2": fresh, "LEVEL=1": check})
    more = [two - one for two, one in zip(*seconds.values(), strict=True)]
    benchmark.seconds("`make reproduce`: extra time for LEVEL=2", more, limit=60)


def idle(benchmark: Benchmark) -> None:
    """Compare a pipeline with nothing to do with DVC's own look at it."""
    repro, status = (benchmark.in_project("dvc", command) for command in ("repro", "status"))
    benchmark.ratio(("`dvc repro` with nothing to do", repro), ("`dvc status`", status))


def start(benchmark: Benchmark) -> None:
    """Go from an empty directory to the metrics; the turn that does not count fills the package cache."""
    projects: list[Path] = []
    seconds = benchmark.time(
        {
            "generation": lambda: projects.append(benchmark.generate(benchmark.make_folder())),
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
    "scikit-learn": (
        generation,
        lines,
        pipeline,
        stages,
        idle,
        reproduction,
        tests,
        start,
        serving,
        storage,
        sweeps,
    ),
    "pytorch-lightning": (training, imports, serving),
}


def find_missing(part: str) -> str | None:
    """Name the program that a part needs and does not find here."""
    if part == "serving" and not shutil.which("wrk"):
        return "wrk (Debian, Ubuntu and Homebrew call the package wrk)"
    if part == "sweeps" and not finds_slurm():
        return "a Slurm that answers `sinfo`"
    return None


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
    parser.add_argument(
        "--quick", action="store_true", help="one turn, less data, no limits: does each part still run?"
    )
    parser.add_argument(
        "--directory", type=Path, help="keep everything there, and use the project that is there"
    )
    options = parser.parse_args()
    parts = {part.__name__: part for part in PARTS[options.framework]}
    options.only = options.only or list(parts)
    if unknown := set(options.only) - parts.keys():
        parser.error(f"--only {' '.join(sorted(unknown))}: {options.framework} has {', '.join(parts)}")
    for name in options.only:
        if missing := find_missing(name):
            sys.exit(f"The part `{name}` needs {missing}.")
    kept = options.directory
    with nullcontext(kept) if kept else tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        directory = Path(folder).resolve()
        directory.mkdir(parents=True, exist_ok=True)
        benchmark = Benchmark(directory, options.framework, options.python, options.repeat, options.quick)
        for name in options.only:
            parts[name](benchmark)
    print(f"{options.framework}, {os.cpu_count()} CPUs. Not set for what is measured: {', '.join(UNSET)}.\n")
    print(*benchmark.rows, sep="\n")
    if benchmark.broken:
        sys.exit("\n".join(["Broken limits:", *benchmark.broken]))


if __name__ == "__main__":
    main()
