"""The part `serving` of run.py: the project's API beside the usual one (usual/), and bare onnxruntime.

All APIs run in the project's environment, each as one uvicorn process with uvicorn's defaults, so with
an access log (here into a file). `pip install fastapi uvicorn`, as in usual/, brings h11 to parse HTTP, and
asyncio's own event loop; the project locks httptools and uvloop, which uvicorn prefers, as those of
`uvicorn[standard]` do. So the usual API is measured with the first two, and once more with the others. The
load comes from wrk, another process: 4 connections that always wait for an answer, 5 seconds a turn.
"""

import json
import math
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from benchmark import Benchmark

USUAL = Path(__file__).with_name("usual")
SECONDS = 5  # of load in a turn
SIZES = {1: "1 instance", 32: "32 instances"}  # of a request
APPS = {  # the arguments of uvicorn
    "API": ["--factory", "my_ml_project.serving.app:from_environment"],
    "usual": ["app:app", "--http", "h11", "--loop", "asyncio"],
    "usual with httptools and uvloop": ["app:app", "--http", "httptools", "--loop", "uvloop"],
}
LOAD = """
wrk.method, wrk.body, wrk.headers["Content-Type"] = "POST", [==[%s]==], "application/json"
function done(summary, latency)
  local failed = 0
  for _, count in pairs(summary.errors) do failed = failed + count end
  print(failed, summary.requests / summary.duration * 1e6, latency:percentile(99) / 1e3)
end
"""


def ask(url: str, body: object) -> Any:
    """Post JSON, and get the answer."""
    request = urllib.request.Request(
        f"{url}/predict", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request) as response:
        return json.load(response)


@contextmanager
def serve(benchmark: Benchmark, app: str, folder: Path) -> Iterator[tuple[str, float]]:
    """Run an API, and give its address and the seconds until it answered."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    question = json.loads((folder / "1.json").read_text())["asked"]
    log = folder / f"{app}.log"
    command: list[str | Path] = [benchmark.python, "-m", "uvicorn", "--port", str(port), *APPS[app]]
    begin = time.perf_counter()
    with log.open("wb") as file:
        process = subprocess.Popen(
            command,
            cwd=benchmark.project if app == "API" else folder,
            env=benchmark.environment,
            stdout=file,
            stderr=file,
        )
    try:
        while True:
            try:
                ask(f"http://127.0.0.1:{port}", question)
                break
            except OSError:
                if process.poll() is not None:
                    sys.exit(f"{app} did not start:\n{log.read_text()}")
                time.sleep(0.01)
        yield f"http://127.0.0.1:{port}", round(time.perf_counter() - begin, 3)
    finally:
        process.terminate()
        process.wait()


def is_right(answer: Any, expected: Any) -> bool:
    """Whether classes are the same, and probabilities as good as."""
    rows = zip(answer["probabilities"], expected["probabilities"], strict=True)
    pairs = (pair for row in rows for pair in zip(*row, strict=True))
    return answer["predictions"] == expected["predictions"] and all(
        math.isclose(*pair, rel_tol=1e-5, abs_tol=1e-9) for pair in pairs
    )


def load(url: str, script: Path) -> tuple[float, float]:
    """Requests per second, and milliseconds of which 99 % of the requests took less."""
    command = ["wrk", "--threads", "1", "--connections", "4", "--duration", f"{SECONDS}s"]
    done = subprocess.run(
        [*command, "--script", script, f"{url}/predict"], capture_output=True, text=True, check=True
    )
    failed, rate, p99 = map(float, done.stdout.splitlines()[-1].split())
    if failed:
        sys.exit(f"{failed:.0f} requests to {url} failed:\n{done.stdout}")
    return round(rate), p99


def loop(benchmark: Benchmark, file: Path) -> tuple[float]:
    """Calls of bare onnxruntime per second."""
    calls = benchmark.in_project("python", USUAL / "loop.py", file, str(SECONDS))()
    return (round(float(calls)),)


def measure_requests(benchmark: Benchmark, folder: Path) -> None:
    """Compare how many requests are answered, and how long the slowest take."""
    with ExitStack() as stack:
        urls = {app: stack.enter_context(serve(benchmark, app, folder))[0] for app in APPS}
        for size, of_size in SIZES.items():
            file, script = folder / f"{size}.json", folder / f"{size}.lua"
            expected = json.loads(file.read_text())
            for app, url in urls.items():
                if not is_right(ask(url, expected["asked"]), expected["API" if app == "API" else "usual"]):
                    sys.exit(f"{app} answers {of_size} wrongly")
            script.write_text(LOAD % json.dumps(expected["asked"]))
            calls: dict[str, Callable[[], tuple[float, ...]]] = {
                app: partial(load, url, script) for app, url in urls.items()
            }
            turns = benchmark.turns(calls | {"onnxruntime in a loop": partial(loop, benchmark, file)})
            rates = {name: [values[0] for values in turn] for name, turn in turns.items()}
            p99s = ([p99 for _, p99 in turns[app]] for app in ("API", "usual"))
            name = f"requests a second, {of_size}: API"
            for other in ("usual", "usual with httptools and uvloop", "onnxruntime in a loop"):
                at_least = 2.5 if (size, other) == (1, "usual") else None
                benchmark.compare(
                    f"{name} / {other}", "{:.0f}", [rates["API"], rates[other]], at_least=at_least
                )
            benchmark.compare(f"p99, {of_size}: API / usual", "{:.2f} ms", p99s)


def measure_start(benchmark: Benchmark, folder: Path) -> None:
    """Compare the time from the start of the process to the first prediction."""

    def start(app: str) -> float:
        with serve(benchmark, app, folder) as (_, seconds):
            return seconds

    seconds = benchmark.turns({app: partial(start, app) for app in ("API", "usual")})
    benchmark.compare("start to first prediction: API / usual", "{:.2f} s", seconds.values())


def measure_images(benchmark: Benchmark, folder: Path) -> None:
    """Compare the sizes of the images, where there is something to build them with."""
    build = shlex.split(os.environ.get("DOCKER_BUILD", "docker build"))
    name = "image: API / usual"
    if not (folder / "Dockerfile").exists():  # one with PyTorch would have gigabytes of CUDA
        return
    if not shutil.which(build[0]) or subprocess.run([build[0], "info"], capture_output=True).returncode:
        benchmark.rows.append(f"| {name} | skipped: no {build[0]} daemon answers | | | |")
        return
    locks = (benchmark.project / lock for lock in ("requirements.txt", "requirements-serve.txt"))
    pins = {pin for lock in locks for pin in re.findall(r"^\w.*==.*[^\\\s]", lock.read_text(), re.M)}
    (folder / "constraints.txt").write_text(re.sub(r"\[.*?\]", "", "\n".join(sorted(pins))))
    sizes = []
    for context in ([benchmark.project, "--target", "serve"], [folder]):
        identifier = folder / "image"
        benchmark.in_project(*build, "--iidfile", identifier, *context)()
        inspect = [build[0], "image", "inspect", "--format", "{{.Size}}", identifier.read_text()]
        sizes.append(int(benchmark.in_project(*inspect)()) / 1e6)
    benchmark.compare(name, "{:.0f} MB", ([size] for size in sizes))


def serving(benchmark: Benchmark) -> None:
    """Compare the API with the usual one, and with bare onnxruntime."""
    folder = benchmark.make_folder()
    shutil.copytree(USUAL / benchmark.framework, folder, dirs_exist_ok=True)
    benchmark.in_project("python", folder / "prepare.py", folder)()
    measure_images(benchmark, folder)
    measure_start(benchmark, folder)
    measure_requests(benchmark, folder)
