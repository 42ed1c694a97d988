"""The part `storage` of run.py: `dvc push` and `dvc pull`, as make calls them, beside `aws s3 sync`.

Both talk to the same server, moto's, which plays S3 on this machine and starts each push empty. The server,
the AWS command line and the project have an environment each. DVC also hashes what arrives, and keeps a copy
in its cache.
"""

import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmark import Benchmark, make_environment

SIZES = {"one file of 1 GB": (1, 10**9), "10,000 files of 10 kB": (10_000, 10**4)}
QUICK = {"one file of 10 MB": (1, 10**7), "100 files of 10 kB": (100, 10**4)}
KEYS = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": "us-east-1"}
SERVER = """
import sys
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
server.start()
print("http://%s:%s" % server.get_host_and_port(), flush=True)
sys.stdin.read()
"""


def call(command: Sequence[str | Path], folder: Path, environment: dict[str, str]) -> None:
    """Run a command; show what it printed if it fails."""
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{done.stdout}{done.stderr}")


@contextmanager
def serve(python: Path) -> Iterator[str]:
    """Run the server, and give its address."""
    server = subprocess.Popen(
        [python, "-c", SERVER],
        env=make_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdin and server.stdout
    try:
        yield server.stdout.readline().strip()
    finally:
        server.stdin.close()
        server.wait()


def storage(benchmark: Benchmark) -> None:
    """Compare DVC's transfers with those of the AWS command line."""
    python = benchmark.install("moto[server,s3]") / "python"
    aws = benchmark.install("awscli") / "aws"
    project = benchmark.generate(benchmark.make_folder(), "dvc_remote=s3://bucket/project")
    call(["make", "setup"], project, benchmark.environment)
    patience = ["dvc", "remote", "modify", "storage", "read_timeout", "600"]  # moto joins parts slowly
    path = f"{project}/.venv/bin{os.pathsep}{benchmark.environment['PATH']}"
    with serve(python) as url:
        environment = benchmark.environment | KEYS | {"AWS_ENDPOINT_URL": url, "PATH": path}
        call(patience, project, environment)
        for name, (n_files, size) in (QUICK if benchmark.quick else SIZES).items():
            compare(benchmark, name, project, aws, environment, make_files(project, n_files, size))


def make_files(project: Path, n_files: int, size: int) -> Path:
    """Fill a folder with what cannot be compressed."""
    folder = project / "data" / "external" / f"files_{n_files}"
    folder.mkdir()
    generator = random.Random(0)
    for number in range(n_files):
        with (folder / f"{number}.bin").open("wb") as file:
            for start in range(0, size, 10**7):
                file.write(generator.randbytes(min(10**7, size - start)))
    return folder


def compare(
    benchmark: Benchmark, name: str, project: Path, aws: Path, environment: dict[str, str], folder: Path
) -> None:
    """Push and pull a folder both ways, in turns."""
    call(["dvc", "add", "--quiet", folder], project, environment)
    copy = benchmark.directory / "copy"
    seconds: dict[str, float] = {}

    def timed(key: str, *command: str | Path) -> None:
        # Without what DVC remembers of a remote
        with tempfile.TemporaryDirectory() as cache:
            begin = time.perf_counter()
            call(list(command), project, environment | {"DVC_SITE_CACHE_DIR": cache})
            seconds[key] = round(time.perf_counter() - begin, 2)

    def empty() -> None:
        reset = urllib.request.Request(f"{environment['AWS_ENDPOINT_URL']}/moto-api/reset", method="POST")
        urllib.request.urlopen(reset).close()
        call([aws, "s3", "mb", "s3://bucket"], project, environment)

    def use_dvc() -> tuple[float, float]:
        empty()
        timed("push", "dvc", "push", folder)
        shutil.rmtree(project / ".dvc" / "cache")
        shutil.rmtree(folder)
        timed("pull", "dvc", "pull", folder)
        return seconds["push"], seconds["pull"]

    def use_aws() -> tuple[float, float]:
        empty()
        timed("push", aws, "s3", "sync", "--quiet", folder, "s3://bucket/copy")
        shutil.rmtree(copy, ignore_errors=True)
        timed("pull", aws, "s3", "sync", "--quiet", "s3://bucket/copy", copy)
        return seconds["push"], seconds["pull"]

    calls: dict[str, Callable[[], tuple[float, float]]] = {"DVC": use_dvc, "aws": use_aws}
    turns = benchmark.turns(calls)
    for position, target in enumerate(("push", "pull")):
        figures = [[turn[position] for turn in turns[tool]] for tool in calls]
        benchmark.compare(f"`make {target}` / `aws s3 sync`, {name}", "{:.1f} s", figures)
    shutil.rmtree(copy)
