"""Level 3: the images, the capsule and the devcontainer, built and run by a real Docker daemon."""

import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from support import (
    PACKAGE,
    SCRIPTS,
    clean_environment,
    clone_project,
    find_python,
    framework_of,
    hashes,
    in_containers,
    in_make_test,
    need_docker,
    once,
    path_of,
    replace,
    sh,
)

pytestmark = [pytest.mark.slow, in_containers, once]
PIPELINE, SERVE = "my-ml-project-pipeline", "my-ml-project-serve"
LOCKED = "--rm --read-only --cap-drop ALL --security-opt no-new-privileges"
DEVCONTAINER = "@devcontainers/cli@0.89.0"


@pytest.fixture(scope="module", autouse=True)
def docker() -> None:
    """A Docker daemon; without one, the tests are skipped."""
    need_docker()


@pytest.fixture(scope="module")
def wheels(project: Path) -> Iterator[None]:
    """Where a folder of wheels is there to take torch from, the images are built with it, too."""
    folder = os.environ.get("PIP_FIND_LINKS")
    base = re.findall(r"^FROM (python:\S+)", (project / "Dockerfile").read_text("utf-8"), re.MULTILINE)[0]
    if not folder or framework_of(project) != "pytorch-lightning":
        yield
        return
    address = ("--bind", "127.0.0.1", "8766")
    server = subprocess.Popen(
        [sys.executable, "-u", "-m", "http.server", *address, "--directory", folder],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert server.stdout and server.stdout.readline()  # it serves
        derived = f"FROM {base}\nENV UV_FIND_LINKS=http://127.0.0.1:8766/"
        sh(f"docker tag {base} kept && printf '{derived}' | docker build --quiet --tag {base} -", project)
        yield
        sh(f"docker tag kept {base} && docker rmi kept", project)
    finally:
        server.terminate()
        server.communicate()


@pytest.fixture(scope="module")
def images(project: Path, wheels: None) -> Iterator[Path]:
    """The project, after `make image` with secrets lying about."""
    secrets = [project / name for name in (".env", "src/.env", "configs/.env", "Pipfile")]
    for file in secrets:
        file.write_text("PASSWORD=hunter2\n")
    local = project / ".dvc/config.local"
    local.write_text("['remote \"x\"']\n    url = https://host/x\n    password = hunter2\n")
    sh("git config remote.x.url https://user:hunter2@host/x.git && make image", project)
    yield project
    sh("git config --remove-section remote.x", project)
    for file in [*secrets, local]:
        file.unlink()


@contextmanager
def serve(images: Path, *options: str) -> Iterator[str]:
    """Run a container of the image `serve`, as locked up as it can be, and give its name."""
    name = "test-serve"
    locked = LOCKED.replace("--rm ", "")
    every = " ".join([locked, "--network host --env PORT=8765", *options])
    sh(f"docker run --detach --name {name} {every} {SERVE}", images)
    try:
        wait = f"until docker logs {name} 2>&1 | grep -q 'running on'; do docker exec {name} true; done"
        sh(wait, images)
        yield name
    finally:
        sh(f"docker rm --force {name}", images)


@pytest.fixture
def server(images: Path) -> Iterator[str]:
    """A container that serves; its name."""
    with serve(images) as name:
        yield name


def predict(images: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Ask the container that serves for one prediction: the example that is sent, and the answer."""
    example = json.loads((images / "reports/examples.json").read_text())[7]
    body = json.dumps({"instances": [example["record"]]}).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request("http://127.0.0.1:8765/predict", body, headers)
    with urllib.request.urlopen(request) as response:
        return example, json.load(response)


def inspect(image: str, what: str, images: Path) -> object:
    """A part of what Docker knows of an image."""
    return json.loads(sh(f"docker inspect --format '{{{{json {what}}}}}' {image}", images).stdout)


def test_serve(images: Path, server: str) -> None:
    """It answers on $PORT what the model predicts, as nobody in particular, and stops when told to."""
    example, answer = predict(images)
    assert list(map(str, answer["predictions"])) == [example["target"]]
    assert answer["model"]["commit"] == sh("git rev-parse HEAD", images).stdout.strip()
    _, *command = inspect(SERVE, ".Config.Healthcheck.Test", images)
    check = subprocess.run(["docker", "exec", server, *command], capture_output=True)
    assert check.returncode == 0, check.stderr
    assert sh(f"docker exec {server} id -u", images).stdout.strip() == "1000"
    for module in ("sklearn", "torch", "dvc", "pip"):
        missing = sh(f"docker exec {server} python -c 'import {module}'", images, check=False)
        assert f"No module named '{module}'" in missing.stderr
    assert sh(f"docker exec {server} sh -c 'command -v gcc cc git'", images, check=False).stdout == ""
    sh(f"docker stop --time 30 {server}", images)
    state = sh(f"docker inspect --format '{{{{.State.ExitCode}}}}' {server}", images).stdout.strip()
    assert state in {"0", "143"}  # ended by itself, or by the SIGTERM that it passed on; not killed (137)
    assert "Finished server process" in sh(f"docker logs {server} 2>&1", images).stdout


def list_sources(image: str, images: Path) -> set[str]:
    """The files below src/ in an image."""
    listed = sh(f"docker run --rm {image} find src -type f", images).stdout
    return set(listed.splitlines())


def test_the_serve_image_holds_what_the_server_imports(images: Path) -> None:
    """No module of the project less, which would fail later than the build; more of two folders only."""
    with serve(images, "--env PYTHONVERBOSE=1") as name:
        predict(images)
        printed = sh(f"docker logs {name} 2>&1", images).stdout
    own = rf"^import '((?:workbench|{PACKAGE})(?:\.[\w.]+)?)'"
    imported = set(re.findall(own, printed, re.MULTILINE))
    held = {Path(file) for file in list_sources(SERVE, images)}
    modules = {path.with_suffix("").relative_to("src") for path in held if path.suffix == ".py"}
    names = {".".join(path.parts).removesuffix(".__init__") for path in modules}
    assert imported <= names
    assert {name.rpartition(".")[0] for name in names - imported} <= {"workbench.data", "workbench.onnx"}
    assert {path.as_posix() for path in held if path.suffix != ".py"} == {f"{SCRIPTS}/serving/page.html"}


def test_the_pipeline_image_holds_both_packages(images: Path) -> None:
    """All of src/ that Git has."""
    committed = set(sh("git ls-files src", images).stdout.splitlines())
    assert {f"{SCRIPTS}/app.py", "src/workbench/errors.py"} <= committed
    assert list_sources(PIPELINE, images) == committed


@pytest.mark.parametrize("image", [PIPELINE, SERVE])
def test_packages_are_compiled_once(images: Path, image: str) -> None:
    """So that no start of Python compiles them again: of each module there is bytecode."""
    packages = sh(
        f"docker run --rm {image} find /venv/lib -path '*/onnxruntime/*.py*'", images
    ).stdout.split()
    modules = {Path(path).stem for path in packages if path.endswith(".py")}
    compiled = {Path(path).name.partition(".")[0] for path in packages if path.endswith(".pyc")}
    assert modules == compiled


def test_health_check_fails_where_nobody_answers(images: Path) -> None:
    """The image's own check tells a container that does not serve."""
    _, *command = inspect(SERVE, ".Config.Healthcheck.Test", images)
    alone = subprocess.run(
        ["docker", "run", "--rm", "--network", "none", SERVE, *command], capture_output=True
    )
    assert alone.returncode == 1
    assert b"Connection refused" in alone.stderr


def test_label(images: Path) -> None:
    """Each image names its commit."""
    commit = sh("git rev-parse HEAD", images).stdout.strip()
    for image in (PIPELINE, SERVE):
        assert inspect(image, ".Config.Labels", images)["org.opencontainers.image.revision"] == commit


def test_no_secret_and_no_cache_inside(images: Path, tmp_path: Path) -> None:
    """What lies about in the project's folder, or is left by installing, is in no layer."""
    for image in (PIPELINE, SERVE):
        sh(f"docker save {image} | tar -x --to-stdout > layers", tmp_path)
        found = {
            word: sh(f"grep --text --count {word} layers", tmp_path, check=False).stdout.strip() != "0"
            for word in ("hunter2", "create_app")
        }
        assert found == {"hunter2": False, "create_app": True}
        caches = "/wheels ~root/.cache /var/lib/apt/lists /tmp"
        left = (
            f"docker run --rm --user 0 {image} sh -c 'find {caches} -type f -size +0 2>/dev/null; echo end'"
        )
        assert sh(left, images).stdout == "end\n"


def test_a_change_of_the_code_installs_nothing(images: Path) -> None:
    """The layers with the packages are those of the build before."""
    module = images / SCRIPTS / "models/metrics.py"
    before = module.read_text()
    build = clean_environment().get("DOCKER_BUILD", "docker build")
    try:
        module.write_text(before + "\n# changed\n")
        done = sh("make image 2>&1", images, DOCKER_BUILD=f"{build} --progress plain")
    finally:
        module.write_text(before)
    steps: dict[str, str] = {}  # their numbers start again with each image
    installs, cached = set(), set()
    for number, _, text in (line.partition(" ") for line in done.stdout.splitlines()):
        if text.startswith("["):
            steps[number] = text
        if re.search(r"^\[.*RUN (--mount|apt-get)", text):
            installs.add(text)
        if text == "CACHED":
            cached.add(steps[number])
    written = re.findall(r"^RUN (?:--mount|apt-get)", (images / "Dockerfile").read_text(), re.MULTILINE)
    assert len(installs) == len(written) and installs <= cached


def test_the_pipeline_runs_as_the_page_says(images: Path, tmp_path: Path) -> None:
    """In a clone without results, locked up and without a network: the same bytes, the user's own files."""
    page = (images / "docs/pipeline.md").read_text()
    (command,) = re.findall(r"```shell\n(docker run.*?)```", page, re.DOTALL)
    sh(f"git clone -q '{images}' clone && cd clone && git reset -q --hard HEAD~1", tmp_path)
    # Where these are set, they choose how numbers are rounded: the page says to hand them on.
    names = [name for name in os.environ if name.startswith("OPENBLAS_")]
    sh(command.replace("run ", f"run {' '.join(f'--env {name}' for name in names)} ", 1), tmp_path / "clone")
    assert hashes(tmp_path / "clone") == hashes(images)
    owners = {path.stat().st_uid for path in (tmp_path / "clone").rglob("*")}
    assert owners == {os.getuid()}


def test_a_container_pulls_from_the_remote(images: Path, tmp_path: Path) -> None:
    """What DVC keeps at the remote comes into a project that is mounted."""
    path = clone_project(images, tmp_path / "clone")
    remote = f"[core]\n    remote = storage\n['remote \"storage\"']\n    url = {tmp_path}/store\n"
    cache = f"[cache]\n    dir = {images}/.dvc/cache\n"
    (path / ".dvc/config").write_text(remote)
    (path / ".dvc/config.local").write_text(cache)
    sh("dvc push -q", path, PATH=path_of(images))
    (path / ".dvc/config.local").unlink()
    user = f"--user {os.getuid()}:{os.getgid()} --tmpfs /tmp"
    volumes = f"--volume {path}:/app --volume {tmp_path}/store:{tmp_path}/store:ro"
    sh(f"docker run {LOCKED} --network none {user} {volumes} {PIPELINE} dvc pull -q", path)
    model = "models/split_0/seed_0/model.onnx"
    assert (path / model).read_bytes() == (images / model).read_bytes()


def test_a_pipeline_stops_when_it_is_told_to(images: Path) -> None:
    """`docker stop` ends a run at once."""
    run = f"docker run --detach --init --name test-stop {PIPELINE} dvc repro --force"
    begun = "docker logs test-stop 2>&1 | grep -q Running"
    try:
        sh(f"{run} && until {begun}; do docker exec test-stop true; done", images)
        sh("docker stop --time 60 test-stop", images)
        state = sh("docker inspect --format '{{.State.ExitCode}}' test-stop", images).stdout.strip()
        assert state == "143"
    finally:
        sh("docker rm --force test-stop", images)


@pytest.mark.exhaustive  # a stranger's archive does it without a network
def test_reproduce_in_the_container(images: Path, tmp_path: Path) -> None:
    """The default project gives the same bytes at level 3, too; what does not is named, and its cause."""
    path = clone_project(images, tmp_path / "project")
    (path / ".dvc/config.local").write_text(f"[cache]\n    dir = {images}/.dvc/cache\n")
    source = {"PYTHONPATH": f"{path}/src"}
    done = sh("make reproduce LEVEL=3", path, **source)
    assert done.stdout.count("| identical bytes |") == len(hashes(images))
    assert done.stdout.splitlines()[-1].startswith("level 3 (in the container, without a network, with ")
    replace(
        path / SCRIPTS / "models/predict_model.py", r'"metrics.md": table,', '"metrics.md": table + __file__,'
    )
    sh("dvc repro -q && git add -A && git commit -qm Fault", path, PATH=path_of(images), **source)
    done = sh("make reproduce LEVEL=3 BISECT=1", path, check=False, **source)
    assert done.stdout.count("| different       |") == 1
    assert "cause: reports/metrics.md: the folder that the project lies in" in done.stdout


@pytest.fixture(scope="module")
def capsule(images: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make capsule` makes, unpacked somewhere else."""
    printed = sh("make capsule", images).stdout
    (archive,) = images.glob("dist/*.tar")
    _, command = printed.splitlines()
    place = tmp_path_factory.mktemp("stranger")
    shutil.move(archive, place)
    unpack, _, one_command = command.strip().partition(" && ")
    assert one_command == f"python3 {archive.stem}/reproduce.py"
    sh(f"{unpack} && rm {archive.name}", place)
    return place / archive.stem


@pytest.mark.parametrize("level", in_make_test([3, 2], 3))
def test_a_stranger_reproduces_without_a_network(
    capsule: Path, images: Path, level: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One command, in a network of its own with nothing in it, gives the claimed bytes, data and models."""
    if subprocess.run(["unshare", "--net", "true"], capture_output=True).returncode:
        pytest.skip("nobody may take the network away from a process here")
    shutil.rmtree(capsule / "project", ignore_errors=True)
    image = json.loads((capsule / "capsule.json").read_text())["image"]
    sh(f"docker rmi --force {image}", capsule, check=False)
    for variable in ("PIP_FIND_LINKS", "PIP_CONFIG_FILE", "UV_FIND_LINKS"):
        monkeypatch.delenv(variable, raising=False)
    command = f"unshare --net python3 '{capsule}/reproduce.py'" + (" --level 2" if level == 2 else "")
    done = sh(command, capsule.parent, PATH=path_of_python(capsule))
    assert done.stdout.count("| identical bytes |") == len(hashes(images))
    commit = sh("git rev-parse --short=7 HEAD", images).stdout.strip()
    assert f"all {len(hashes(images))} outputs are the same bytes, commit {commit}" in done.stdout
    assert (capsule / "environment").exists() == (level == 2)
    for output in hashes(images):
        assert (capsule / "project" / output).read_bytes() == (images / output).read_bytes()


def test_a_capsule_with_another_package_is_refused(capsule: Path) -> None:
    """A wheel that is not the locked one ends the check before it begins."""
    wheel = next(capsule.glob("wheels/tqdm-*.whl"))
    right = wheel.read_bytes()
    try:
        wheel.write_bytes(right + b"more")
        done = sh("python3 reproduce.py --level 2", capsule, check=False, PATH=path_of_python(capsule))
    finally:
        wheel.write_bytes(right)
    assert done.returncode == 1
    assert "THESE PACKAGES DO NOT MATCH THE HASHES" in done.stderr
    assert "Traceback" not in done.stderr


def test_no_capsule_without_the_data(images: Path, tmp_path: Path) -> None:
    """Where DVC does not have what the commit names, that is said, and nothing is written."""
    path = clone_project(images, tmp_path / "clone")
    done = sh("make capsule", path, check=False, PYTHONPATH=f"{path}/src")
    assert "Data or models of the commit are not here: `dvc pull` first.\n" in done.stderr
    assert not list(path.glob("dist/*"))


def path_of_python(capsule: Path) -> str:
    """The PATH with the Python that the capsule's wheels are for."""
    version = json.loads((capsule / "capsule.json").read_text())["python"]
    return os.pathsep.join([str(Path(find_python(version)).parent), os.environ["PATH"]])


@pytest.mark.exhaustive
def test_devcontainer(images: Path, tmp_path: Path) -> None:
    """The project's tests pass in the container that editors open it in."""
    if not shutil.which("npm"):
        pytest.skip("npm is not installed here")
    sh(f"npm install --silent --no-audit --no-fund {DEVCONTAINER}", tmp_path)
    path = tmp_path / "project"
    sh(f"git clone -q '{images}' '{path}'", tmp_path)
    settings = json.loads((path / ".devcontainer/devcontainer.json").read_text())
    settings["build"]["options"] = settings["runArgs"] = ["--network=host"]  # there may be no other
    settings["containerEnv"] = {"ACCELERATOR": clean_environment().get("ACCELERATOR", "cpu")}
    (tmp_path / "settings.json").write_text(json.dumps(settings))
    if os.getuid() == 0:
        sh(f"chown -R 1000:1000 '{path}'", tmp_path)
    where = f"--workspace-folder '{path}' --override-config settings.json"
    call = "node_modules/.bin/devcontainer"
    container = ""
    try:
        up = sh(f"{call} up {where} --update-remote-user-uid-default off", tmp_path).stdout
        container = json.loads(up.splitlines()[-1])["containerId"]
        tested = sh(f"{call} exec {where} python -m pytest -q", tmp_path).stdout
        assert re.search(r"\d+ passed in", tested)
    finally:
        sh(f"docker rm --force {container}", tmp_path, check=False)
