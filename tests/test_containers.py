"""Level 3: the images, built and run by a real Docker daemon."""

import json
import os
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import hashes, in_project, sh

pytestmark = [pytest.mark.slow, pytest.mark.exhaustive, in_project]
BUILD = "docker build --network host"


@pytest.fixture(scope="module")
def images(project: Path) -> Path:
    """The project, after `make image`."""
    if not shutil.which("docker") or subprocess.run(["docker", "info"], capture_output=True).returncode:
        required = os.environ.get("REQUIRE_DOCKER")
        (pytest.fail if required else pytest.skip)("no Docker daemon answers here")
    sh("make image", project, DOCKER_BUILD=BUILD)
    return project


@pytest.fixture
def server(images: Path) -> Iterator[str]:
    """A container of the image `serve`, as locked up as it can be; the container's name."""
    name = "test-serve"
    locked = "--read-only --cap-drop ALL --security-opt no-new-privileges --network host --env PORT=8765"
    sh(f"docker run --detach --name {name} {locked} my-ml-project-serve", images)
    wait = f"until docker logs {name} 2>&1 | grep -q 'running on'; do docker exec {name} true; done"
    sh(wait, images)
    yield name
    sh(f"docker rm --force {name}", images)


def health_check(images: Path) -> list[str]:
    """The command that the image `serve` is watched by."""
    shown = sh("docker inspect --format '{{json .Config.Healthcheck.Test}}' my-ml-project-serve", images)
    _, *command = json.loads(shown.stdout)
    return command


def test_serve(images: Path, server: str) -> None:
    """It answers on $PORT what the model predicts, as nobody in particular, and stops when told to."""
    example = json.loads((images / "reports/examples.json").read_text())[7]
    body = json.dumps({"instances": [example["values"]]}).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request("http://127.0.0.1:8765/predict", body, headers)
    with urllib.request.urlopen(request) as response:
        answer = json.load(response)
    commit = sh("git rev-parse HEAD", images).stdout.strip()
    assert answer["predictions"] == [example["label"]]
    assert answer["model"]["commit"] == commit
    check = subprocess.run(["docker", "exec", server, *health_check(images)], capture_output=True)
    assert check.returncode == 0, check.stderr
    assert sh(f"docker exec {server} id -u", images).stdout.strip() == "1000"
    for module in ("sklearn", "dvc", "pip"):
        assert sh(f"docker exec {server} python -c 'import {module}'", images, check=False).returncode
    assert sh(f"docker exec {server} sh -c 'command -v gcc'", images, check=False).returncode
    sh(f"docker stop --time 30 {server}", images)
    state = sh(f"docker inspect --format '{{{{.State.ExitCode}}}}' {server}", images).stdout.strip()
    assert state in {"0", "143"}  # ended by itself, or by the SIGTERM that it passed on; not killed (137)
    assert "Finished server process" in "".join(sh(f"docker logs {server} 2>&1", images).stdout)


def test_label_and_health(images: Path) -> None:
    """The image names its commit; its health check fails where nobody answers."""
    commit = sh("git rev-parse HEAD", images).stdout.strip()
    for image in ("pipeline", "serve"):
        labels = sh(f"docker inspect --format '{{{{json .Config.Labels}}}}' my-ml-project-{image}", images)
        assert json.loads(labels.stdout)["org.opencontainers.image.revision"] == commit
    nobody = ["docker", "run", "--rm", "--network", "none", "my-ml-project-serve", *health_check(images)]
    alone = subprocess.run(nobody, capture_output=True)
    assert alone.returncode == 1


def test_a_change_of_the_code_installs_nothing(images: Path) -> None:
    """The layers with the packages are those of the build before."""
    module = images / "src/my_ml_project/models/metrics.py"
    before = module.read_text()
    try:
        module.write_text(before + "\n# changed\n")
        done = sh("make image 2>&1", images, DOCKER_BUILD=f"{BUILD} --progress plain")
    finally:
        module.write_text(before)
    steps = done.stdout.splitlines()
    cached = {line.split()[0] for line in steps if line.endswith("CACHED")}
    installs = {line.split()[0] for line in steps if "RUN --mount" in line}
    assert installs and installs <= cached


def test_reproduce_in_the_container(images: Path) -> None:
    """The default project gives the same bytes at level 3, too."""
    done = sh("make reproduce LEVEL=3", images, DOCKER_BUILD=BUILD)
    assert done.stdout.count("| identical bytes |") == len(hashes(images))
    assert done.stdout.splitlines()[-1].startswith("level 3 (in the container, without a network, with ")
