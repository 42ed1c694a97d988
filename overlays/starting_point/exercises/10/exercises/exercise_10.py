"""The container."""

import hashlib
import json
import os
import re
import secrets
import shlex
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .support import PACKAGE, ROOT, NotYet, copied_project, run, write_model

TESTS = ()
MODEL = Path("models/split_0/seed_0/model.onnx")
LABEL = "org.opencontainers.image.revision"
PORT = 9321
JSON = {"Content-Type": "application/json"}
BASE = {"pip", "setuptools", "wheel"}  # what Python's own images have
# As docs/serving.md says, and with nothing around it
LOCKED = ("--read-only", "--cap-drop", "ALL", "--network", "none")
# Docker itself looks every second whether a socket of the container listens (state 0A), for two
# minutes at most.
READY = (
    *("--health-cmd", "grep -qs ' 0A ' /proc/net/tcp /proc/net/tcp6", "--health-interval", "1s"),
    *("--health-start-period", "2m", "--health-retries", "1"),
)
# Runs inside: the user of the first process, where it listens, which packages were installed when
LOOK = """
import json, os
from importlib.metadata import Distribution
from pathlib import Path

status = Path("/proc/1/status").read_text()
sockets = [Path("/proc/net", name) for name in ("tcp", "tcp6")]
rows = [row.split() for path in sockets if path.exists() for row in path.open()]
packages = []
for folder, names, _ in os.walk("/"):
    if folder == "/":
        names[:] = set(names) - {"dev", "proc", "sys"}
    if Path(folder).name == "site-packages":
        for path in Path(folder).glob("*.dist-info"):
            found = Distribution.at(path)
            packages.append([found.name, found.version, (path / "RECORD").stat().st_mtime])
print(json.dumps({
    "user": int(status.partition("Uid:")[2].split()[0]),
    "ports": [int(row[1].rpartition(":")[2], 16) for row in rows if row[3] == "0A"],
    "packages": packages,
}))
"""
# Also inside: 127.0.0.2 is the container as well, and who listens on 127.0.0.1 only is not there.
ASK = """
import http.client, json, sys

method, path, body, port = sys.argv[1:]
connection = http.client.HTTPConnection("127.0.0.2", int(port))
connection.request(method, path, body, {"Content-Type": "application/json"})
response = connection.getresponse()
print(json.dumps([response.status, response.read().decode()]))
"""


def check() -> None:
    """Build the image from a copy of the project with a model of its own, and ask its container."""
    if not shutil.which("docker") or run("docker", "info", root=ROOT).returncode:
        raise NotYet("Docker is not running here, and this check builds and runs an image.")
    with copied_project() as root, _removing() as name:
        commit = secrets.token_hex(20)
        columns = write_model(root / MODEL)
        examples = [{"target": "0", "record": dict.fromkeys(columns, 0.5)}]
        (root / "reports/examples.json").write_text(json.dumps(examples), encoding="utf-8")
        digest = hashlib.sha256((root / MODEL).read_bytes()).hexdigest()
        choice = {"split": 0, "seed": 0, "n_splits": 1, "n_seeds": 5}
        served = {**choice, "sha256": digest, "scores": {}}
        (root / "reports/served.json").write_text(json.dumps(served), encoding="utf-8")
        _build(root, f"{name}:first", commit)
        _start(f"{name}:first", f"{name}-first", "--env", f"PORT={PORT}")
        first = _look(f"{name}-first")
        _check_port(f"{name}-first", first, PORT, f"With PORT={PORT}")
        if first["user"] == 0:
            raise NotYet("The server runs as root: name another USER.")
        _check_answers(f"{name}-first", root / MODEL, commit)
        _check_label(f"{name}-first", commit)
        _check_packages(first["packages"], root)
        with (root / "src" / PACKAGE / "__init__.py").open("a", encoding="utf-8") as file:
            file.write("\n# A change\n")
        _build(root, f"{name}:second", secrets.token_hex(20))
        _start(f"{name}:second", f"{name}-second")
        second = _look(f"{name}-second")
        _check_port(f"{name}-second", second, 8000, "Without the variable PORT")
        if first["packages"] != second["packages"]:
            raise NotYet("A change of the code, or of COMMIT, installs all packages again.")


@contextmanager
def _removing() -> Iterator[str]:
    """A name for images and containers, which are removed in the end."""
    name = f"exercise-10-{secrets.token_hex(4)}"
    try:
        yield name
    finally:
        for turn in ("first", "second"):
            run("docker", "rm", "--force", "--volumes", f"{name}-{turn}", root=ROOT)
            run("docker", "image", "rm", "--force", f"{name}:{turn}", root=ROOT)


def _build(root: Path, tag: str, commit: str) -> None:
    command = shlex.split(os.environ.get("DOCKER_BUILD") or "docker build")
    options = ("--build-arg", f"COMMIT={commit}", "--target", "serve", "--tag", tag)
    done = run(*command, *options, ".", root=root)
    if done.returncode:
        raise NotYet(f"`docker build --target serve` fails: {_last_line(done.stderr)}")


def _last_line(text: str) -> str:
    return text.strip().rpartition("\n")[2]


def _start(image: str, name: str, *options: str) -> None:
    """Run a container, and wait until something in it listens or it has ended."""
    options = ("--detach", "--name", name, *LOCKED, *READY, *options)
    done = run("docker", "run", *options, image, root=ROOT)
    if done.returncode:
        raise NotYet(f"`docker run` fails: {_last_line(done.stderr)}")
    events = ("--filter", "event=die", "--filter", "event=health_status")
    command = ("docker", "events", "--since", "0", "--filter", f"container={name}", *events)
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as process:
        assert process.stdout is not None
        event = process.stdout.readline()
        process.kill()
    if "health_status: healthy" in event:
        return
    logs = run("docker", "logs", name, root=ROOT)
    said = _last_line(logs.stdout + logs.stderr) or "nothing"
    what = "listens nowhere" if "health_status" in event else "ends at once"
    raise NotYet(f"The container of `serve` {what}; the last line it prints: {said}")


def _run_inside(name: str, program: str, *arguments: str) -> Any:
    """What a Python program prints as JSON."""
    done = run("docker", "exec", name, "python", "-c", program, *arguments, root=ROOT)
    if done.returncode:
        raise NotYet(f"The container of `serve` does not answer: {_last_line(done.stderr)}")
    return json.loads(done.stdout)


def _look(name: str) -> dict[str, Any]:
    found: dict[str, Any] = _run_inside(name, LOOK)
    found["packages"].sort()
    return found


def _check_port(name: str, found: dict[str, Any], port: int, when: str) -> None:
    if port not in found["ports"]:
        ports = " and ".join(map(str, found["ports"])) or "none"
        raise NotYet(f"{when}, the server listens on port {ports}, and not {port}.")
    try:
        _run_inside(name, ASK, "GET", "/health", "", str(port))
    except NotYet as error:
        text = "The server listens on 127.0.0.1, where nobody outside its container is."
        raise NotYet(text) from error


def _check_answers(name: str, path: Path, commit: str) -> None:
    """Compare with the API as it is here: the endpoint may still be somebody's exercise."""
    import numpy as np
    from fastapi.testclient import TestClient

    from {{ cookiecutter.package_name }}.serving.app import create_app

    here = TestClient(create_app(path, commit), raise_server_exceptions=False)
    instances = np.random.default_rng().normal(size=(5, 4)).tolist()
    body = json.dumps({"instances": instances})
    given: dict[str, Any] = {}
    right: dict[str, Any] = {}
    for method, address in (("GET", "/health"), ("GET", "/openapi.json"), ("POST", "/predict")):
        response = here.request(method, address, content=body, headers=JSON)
        status, text = _run_inside(name, ASK, method, address, body, str(PORT))
        if status != response.status_code:
            text = f"{method} {address} answers {status} in the container"
            raise NotYet(f"{text}, and {response.status_code} outside it.")
        if status == 200:
            given[address], right[address] = json.loads(text), response.json()
    if given["/health"] != right["/health"]:
        raise NotYet("GET /health does not answer in the container what it does outside it.")
    if given["/openapi.json"]["info"] != right["/openapi.json"]["info"]:
        raise NotYet(f"The container does not serve {MODEL.as_posix()}.")
    if "/predict" in given:
        _compare(given["/predict"], right["/predict"])


def _compare(given: dict[str, Any], right: dict[str, Any]) -> None:
    import numpy as np

    commits = [answer["model"].pop("commit") for answer in (given, right)]
    pairs = (given.pop("probabilities"), right.pop("probabilities"))
    if given != right or np.shape(pairs[0]) != np.shape(pairs[1]) or not np.allclose(*pairs, 1e-3):
        raise NotYet("POST /predict does not answer in the container what the model predicts.")
    if commits[0] != commits[1]:
        raise NotYet(f"The answer names the commit {commits[0]!r}: hand on the argument COMMIT.")


def _check_label(name: str, commit: str) -> None:
    (facts,) = json.loads(run("docker", "inspect", name, root=ROOT).stdout)
    if (facts["Config"]["Labels"] or {}).get(LABEL) != commit:
        raise NotYet(f"The image has no label {LABEL} with the argument COMMIT as its value.")


def _check_packages(packages: list[tuple[str, str, float]], root: Path) -> None:
    """See whether what is installed is what the lock names, and no more."""
    lock = (root / "requirements-serve.txt").read_text(encoding="utf-8")
    pins = set(re.findall(r"^([\w.-]+)(?:\[.*\])?==(\S+)", lock, re.MULTILINE))
    own = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["name"]
    for name, version, _ in packages:
        normal = _normalize(name)
        if (normal, version) not in pins and normal not in {*BASE, _normalize(own)}:
            text = f"{name} {version} is installed, and requirements-serve.txt"
            locked = [pin for known, pin in pins if known == normal]
            raise NotYet(f"{text} has {locked[0]}." if locked else f"{text} does not name it.")


def _normalize(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
