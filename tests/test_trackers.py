"""Runs that are told to MLflow, TensorBoard and Weights & Biases: the real servers, clients and files."""

import csv
import json
import re
import shutil
import socket
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from select import select
from typing import Any

import pytest
import yaml
from playwright.sync_api import expect
from support import IN, PACKAGE, PROGRAMS, clean_environment, generate_default, path_of, pins, sh
from test_page import browser as browser

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("trackers")]
TRAIN = f".venv/bin/python -m {PACKAGE}.models.train_model"


def set_up(extra: str, folder: Path) -> Path:
    """The default project with the extra, and the data to train on."""
    path = generate_default("scikit-learn", folder)
    sh(f"make setup EXTRAS={extra} && {IN} dvc repro -q features", path)
    sh("git add -A && git commit -qm 'Add the data'", path)
    return path


def find_record(project: Path, folder: str) -> dict[str, Any]:
    """The record of the run in a folder."""
    return json.loads((project / folder / "run.json").read_text(encoding="utf-8"))


def read(project: Path, program: str, *arguments: str | Path, **environment: str) -> Any:
    """What a program that runs in the project prints as JSON."""
    names = " ".join(f"'{argument}'" for argument in arguments)
    return json.loads(sh(f".venv/bin/python '{PROGRAMS}/{program}' {names}", project, **environment).stdout)


def learning_curve(project: Path, folder: str, name: str) -> list[list[float]]:
    """Steps and values of a metric, as the run wrote them."""
    with (project / folder / "learning_curve.csv").open() as file:
        return [[int(row["step"]), float(row[name])] for row in csv.DictReader(file)]


def free_port() -> int:
    """A port of this machine's own address that nobody listens to."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def serve(project: Path, target: str, check: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """What `make TARGET` starts, on another port, once it answers there."""
    port = free_port()
    command = sh(f"make --dry-run {target}", project).stdout.splitlines()[-1].split()
    process = subprocess.Popen(
        [*command, "--port", str(port)],
        cwd=project,
        env=clean_environment(PATH=path_of(project), MLFLOW_DISABLE_TELEMETRY="true"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        while True:
            assert process.poll() is None, "the server has ended"
            try:
                with urllib.request.urlopen(address + check, timeout=60):
                    break
            except urllib.error.URLError:
                pass
        yield address, process
    finally:
        process.terminate()
        process.wait()


@pytest.fixture(scope="module")
def mlflow_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with MLflow."""
    return set_up("mlflow", tmp_path_factory.mktemp("mlflow"))


@pytest.fixture(scope="module")
def mlflow_server(mlflow_project: Path) -> Iterator[str]:
    """The server of `make mlflow`, with a run and a sweep that were told to it."""
    with serve(mlflow_project, "mlflow", "/health") as (address, _):
        for command in (
            f"{TRAIN} tracker=mlflow seed=7 hydra.run.dir=outputs/train_model/one",
            f"{TRAIN} --multirun tracker=mlflow seed=0,1 hydra.sweep.dir=multirun/train_model/two",
        ):
            sh(command, mlflow_project, MLFLOW_TRACKING_URI=address)
        yield address


@pytest.mark.exhaustive
def test_mlflow_has_a_run_as_it_was(mlflow_project: Path, mlflow_server: str) -> None:
    runs = read(mlflow_project, "read_mlflow.py", MLFLOW_TRACKING_URI=mlflow_server)
    run = next(run for run in runs if run["name"] == "train_model/one")
    record = find_record(mlflow_project, "outputs/train_model/one")
    assert record["tracking"] == {"tracker": "mlflow", "run": run["id"], "error": None}
    assert run["status"] == "FINISHED"
    assert run["record"]["status"] == "completed"
    assert run["record"]["config"] == record["config"]
    assert run["params"].items() >= {"seed": "7", "model.batch_size": "32", "threads": "1"}.items()
    assert run["tags"]["commit"] == record["code"]["commit"]
    for name, curve in run["curves"].items():
        assert curve == learning_curve(mlflow_project, "outputs/train_model/one", name)
    assert run["curves"].keys() == record["metrics"].keys()
    (nodes,) = run["nodes"]  # of the model in MLflow's own format
    assert nodes > 1


@pytest.mark.exhaustive
def test_mlflow_groups_the_runs_of_a_sweep(mlflow_project: Path, mlflow_server: str) -> None:
    runs = read(mlflow_project, "read_mlflow.py", MLFLOW_TRACKING_URI=mlflow_server)
    (parent,) = [run for run in runs if run["name"] == "multirun/train_model/two"]
    jobs = {run["name"]: run for run in runs if run["tags"].get("mlflow.parentRunId") == parent["id"]}
    assert sorted(jobs) == ["train_model/seed_0", "train_model/seed_1"]
    assert [jobs[name]["params"]["seed"] for name in sorted(jobs)] == ["0", "1"]


@pytest.mark.exhaustive
def test_mlflow_shows_them(mlflow_project: Path, mlflow_server: str, browser: Any, tmp_path: Path) -> None:
    """In a browser, at the address that is printed; the page asks nobody but its server."""
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    (path,) = re.findall(r"localhost:5000(\S+)'", sh("make --dry-run mlflow", mlflow_project).stdout)
    page.goto(mlflow_server + path)
    sweep = page.get_by_role("link", name="multirun/train_model/two")
    expect(sweep).to_be_visible(timeout=60_000)
    page.get_by_role("link", name="train_model/one").click()
    expect(page.get_by_role("heading", name="train_model/one")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("Finished")).to_be_visible()
    expect(page.get_by_text("validation_accuracy").first).to_be_visible()
    page.screenshot(path=tmp_path / "mlflow.png")
    page.close()
    assert [url for url in asked if not url.startswith((mlflow_server, "data:"))] == []


@pytest.mark.exhaustive
def test_a_server_lost_in_a_run_costs_no_run(mlflow_project: Path) -> None:
    source = mlflow_project / f"src/{PACKAGE}/data/losing.py"
    shutil.copyfile(PROGRAMS / "losing.py", source)
    with serve(mlflow_project, "mlflow", "/health") as (address, server):
        waiting = threading.Thread(target=server.wait)
        waiting.start()
        options = f"data.source={PACKAGE}.data.losing.load hydra.run.dir=outputs/lost"
        done = sh(
            f".venv/bin/python -m {PACKAGE}.data.make_dataset tracker=mlflow {options}",
            mlflow_project,
            MLFLOW_TRACKING_URI=address,
            SERVER=str(server.pid),
        )
        waiting.join()
    source.unlink()
    record = find_record(mlflow_project, "outputs/lost")
    assert record["status"] == "completed"
    assert record["artifacts"][0] == "digits.parquet"
    assert "Connection refused" in record["tracking"]["error"]
    assert done.stdout.count("tracker=mlflow failed, the run goes on: ") == 1
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.exhaustive
@pytest.mark.parametrize("sweep", ["", "--multirun"])
def test_a_server_that_does_not_answer_stops_a_run(mlflow_project: Path, sweep: str) -> None:
    address = f"http://127.0.0.1:{free_port()}"
    options = "tracker=mlflow hydra.run.dir=outputs/none hydra.sweep.dir=outputs/none"
    done = sh(f"{TRAIN} {sweep} {options}", mlflow_project, check=False, MLFLOW_TRACKING_URI=address)
    assert done.returncode == 1
    assert done.stdout == ""
    line = rf"tracker=mlflow: {address} cannot be used: .*Connection refused.*\n"
    assert re.fullmatch(line, done.stderr)
    assert not list(mlflow_project.glob("outputs/none/**/run.json"))


def test_the_pipeline_is_tracked_and_stays_the_same(mlflow_project: Path) -> None:
    """`TRACKER=mlflow make all`: into the local file; for DVC, nothing has changed."""
    before = yaml.safe_load((mlflow_project / "dvc.lock").read_text(encoding="utf-8"))["stages"]
    sh("make all", mlflow_project, TRACKER="mlflow")
    after = yaml.safe_load((mlflow_project / "dvc.lock").read_text(encoding="utf-8"))["stages"]
    assert after.items() >= before.items()
    runs = read(mlflow_project, "read_mlflow.py", MLFLOW_TRACKING_URI=f"sqlite:///{mlflow_project}/mlflow.db")
    scripts = [run["tags"].get("script") for run in runs]
    assert scripts.count("predict_model") == 1
    assert scripts.count("visualize") == 1
    predicted = next(run for run in runs if run["tags"].get("script") == "predict_model")
    metrics = json.loads((mlflow_project / "reports/metrics.json").read_text(encoding="utf-8"))
    name = next(name for name in metrics if isinstance(metrics[name], dict))
    assert predicted["curves"][f"{name}.mean"] == [[0, metrics[name]["mean"]]]
    for tracker in ("none", "wandb"):
        status = sh(f"{IN} dvc status", mlflow_project, TRACKER=tracker).stdout
        assert "up to date" in status


@pytest.mark.exhaustive
def test_tensorboard_reads_what_a_run_wrote(tmp_path_factory: pytest.TempPathFactory) -> None:
    project = set_up("tensorboard", tmp_path_factory.mktemp("tensorboard"))
    sh(f"{TRAIN} --multirun tracker=tensorboard seed=2,3 hydra.sweep.dir=multirun/two", project)
    folder = "multirun/two/seed_3"
    record = find_record(project, folder)
    found = read(project, "read_tensorboard.py", folder)
    assert found["params"] == [3, 32]
    for name, curve in found["curves"].items():
        expected = learning_curve(project, folder, name)
        assert [step for step, _ in curve] == [step for step, _ in expected]
        assert [value for _, value in curve] == pytest.approx([value for _, value in expected], rel=1e-6)
    assert found["curves"].keys() == record["metrics"].keys()
    assert found["texts"]["commit"] == record["code"]["commit"]
    assert json.loads(found["texts"]["run.json"])["seed"] == 3
    with serve(project, "tensorboard", "/") as (address, _):
        shown: set[str] = set()
        while not shown >= {"multirun/two/seed_2", folder}:  # it reads the files after it has begun
            with urllib.request.urlopen(f"{address}/data/runs") as answer:
                shown = set(json.load(answer))


@pytest.mark.exhaustive
def test_wandb_keeps_runs_offline(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> None:
    """In the project, and nobody is called."""
    project = set_up("wandb", tmp_path_factory.mktemp("wandb"))
    (tmp_path / "home").mkdir()
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        address = f"http://127.0.0.1:{proxy.getsockname()[1]}"
        proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "https_proxy"), address)
        sh(
            f"{TRAIN} --multirun tracker=wandb seed=2,3 hydra.sweep.dir=multirun/two",
            project,
            HOME=str(tmp_path / "home"),
            NO_PROXY="",
            **proxies,
        )
        assert not select([proxy], [], [], 0)[0]  # nobody has connected
    assert list((tmp_path / "home").rglob("*.onnx")) == []
    folder = "multirun/two/seed_3"
    record = find_record(project, folder)
    identity = record["tracking"]["run"]
    assert record["tracking"] == {"tracker": "wandb", "run": identity, "error": None}
    (file,) = project.glob(f"wandb/offline-run-*-{identity}/run-{identity}.wandb")
    found = read(project, "read_wandb.py", file)
    assert found["name"] == "train_model/seed_3"
    assert found["group"] == "multirun/two"
    assert found["exit"] == 0
    assert found["config"]["seed"] == 3
    assert found["config"]["commit"] == record["code"]["commit"]
    for name in record["metrics"]:
        curve = [[row["_step"], row[name]] for row in found["history"]]
        assert curve == learning_curve(project, folder, name)
    model = Path(found["files"]["model.onnx"]).read_bytes()
    assert model == (project / folder / "model.onnx").read_bytes()
    assert json.loads(Path(found["files"]["run.json"]).read_text())["status"] == "completed"
    listed = sh(".venv/bin/wandb sync --dry-run", project, WANDB_MODE="offline")
    assert "2 run(s)" in listed.stdout + listed.stderr


@pytest.mark.exhaustive
@pytest.mark.parametrize("framework", ["scikit-learn", "pytorch-lightning"])
def test_each_extra_fits_the_lock_on_every_python(bake: Any, framework: str, tmp_path: Path) -> None:
    """`uv pip compile` finds versions for Python 3.11 and all that follow, without moving a pinned one."""
    project = shutil.copytree(bake(framework=framework), tmp_path / "project")
    locked = pins(project / "requirements-dev.txt")
    for extra in ("mlflow", "tensorboard", "wandb"):
        planned = sh(f"make --dry-run setup EXTRAS={extra}", project).stdout.splitlines()
        (compile_,) = [line for line in planned if "pip compile" in line]
        for python in ("3.11", "3.14"):
            sh(compile_.partition(" || ")[0].replace("3.11", python), project)
            found = pins(project / "requirements-extras.txt")
            assert extra in found
            assert {name: locked[name] for name in found if name in locked} == {
                name: version for name, version in found.items() if name in locked
            }
