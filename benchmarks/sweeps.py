"""The part `sweeps` of run.py: ten seeds one after another, on two cores by Joblib, in two slots of a Slurm.

The extra time for each job is the time of the sweep, times its slots, less the recorded time of its
runs, divided by their number.
"""

import json
import shutil
import subprocess
import tempfile
import time
from functools import partial
from pathlib import Path

from benchmark import Benchmark

SEEDS = 10
LAUNCHERS = {  # how many runs it has at a time, and how it is asked for
    "one after another": (1, []),
    "joblib": (2, ["hydra/launcher=joblib", "hydra.launcher.n_jobs=2"]),
    "slurm": (2, ["hydra/launcher=slurm", "hydra.launcher.array_parallelism=2", "hydra.launcher.mem_gb=1"]),
}


def finds_slurm() -> bool:
    """Whether a cluster is there to ask."""
    return bool(
        shutil.which("sinfo") and not subprocess.run(["sinfo"], capture_output=True, check=False).returncode
    )


def sweep(benchmark: Benchmark, name: str) -> tuple[float, float, tuple[bytes, ...]]:
    """Run one sweep; give its seconds, what each of its jobs takes more than the run, and the models."""
    slots, launcher = LAUNCHERS[name]
    (benchmark.project / "multirun").mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=benchmark.project / "multirun"))
    options = [f"seed=range({SEEDS})", f"hydra.sweep.dir={folder}", *launcher]
    call = benchmark.in_project("python", "-m", "my_ml_project.models.train_model", "--multirun", *options)
    begin = time.perf_counter()
    call()
    seconds = time.perf_counter() - begin
    records = [json.loads(path.read_text("utf-8")) for path in folder.glob("*/run.json")]
    trained = sum(record["wall_seconds"] for record in records)
    models = tuple(path.read_bytes() for path in sorted(folder.glob("*/model.onnx")))
    return round(seconds, 3), round((seconds * slots - trained) / len(records), 3), models


def sweeps(benchmark: Benchmark) -> None:
    """Compare a sweep's launchers, which have to train the same models."""
    benchmark.in_project("make", "setup", "EXTRAS=joblib slurm")()
    models: set[tuple[bytes, ...]] = set()

    def measure(name: str) -> tuple[float, float]:
        seconds, overhead, trained = sweep(benchmark, name)
        models.add(trained)
        return seconds, overhead

    figures = benchmark.turns({name: partial(measure, name) for name in LAUNCHERS})
    for name, turns in figures.items():
        seconds, overheads = map(list, zip(*turns, strict=True))
        benchmark.seconds(f"sweep of {SEEDS} seeds, {name}", seconds)
        benchmark.seconds("… extra time for each job", overheads)
    if len(models) != 1:
        benchmark.broken.append("the launchers have not trained the same models")
