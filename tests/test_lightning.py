"""What only PyTorch Lightning does: runs that go on, several processes, TensorBoard, torch's builds."""

import json
import os
import re
import subprocess
import urllib.request
from pathlib import Path

import pytest
from index_of_wheels import serve
from support import PACKAGE, PROGRAMS, clean_environment, in_project, path_of, sh

pytestmark = [
    pytest.mark.slow,
    in_project,
    pytest.mark.parametrize("project", ["pytorch-lightning"], indirect=True),
]
TRAIN = f".venv/bin/python -m {PACKAGE}.models.train_model"


def test_a_run_killed_at_any_epoch_goes_on_to_the_same_model(project: Path, tmp_path: Path) -> None:
    printed = sh(f".venv/bin/python '{PROGRAMS}/kill_at_each_epoch.py' '{tmp_path}'", project).stdout
    ended = [json.loads(line) for line in printed.splitlines()]
    assert ended == [{"killed": -9, "left a model": False, "resumed": 0, "same files": True}] * 3


def compare(project: Path, first: str, second: str) -> dict[str, str]:
    """In what each weight differs between two runs, as the project's own comparison prints it."""
    command = f".venv/bin/python -m workbench.record.diff outputs/{first} outputs/{second}"
    printed = sh(command, project, check=False).stdout.partition("| weights")[2]
    return dict(re.findall(r"^\| (\S+\.\S+) +\| (.+?) +\|$", printed, re.MULTILINE))


def test_two_processes_train_the_model_of_one(project: Path) -> None:
    """The same batches and random numbers, shared out over gloo: sums in another order, no more."""
    sh(f"{TRAIN} hydra.run.dir=outputs/one", project)
    sh(f"{TRAIN} trainer=ddp hydra.run.dir=outputs/two", project)
    differ = compare(project, "one", "two")
    assert differ  # the sums are rounded otherwise
    assert max(float(text.rpartition(" ")[2]) for text in differ.values()) < 1e-5
    record = json.loads((project / "outputs/two/run.json").read_text())
    assert record["status"] == "completed"
    assert record["config"]["trainer"]["devices"] == 2


@pytest.mark.exhaustive
def test_a_profiler_shows_its_table(project: Path) -> None:
    shown = sh(f"{TRAIN} trainer.max_epochs=1 +trainer.profiler=simple", project).stdout
    assert "FIT Profiler Report" in shown
    assert "run_training_epoch" in shown
    assert "Profiler Report" not in sh(f"{TRAIN} trainer.max_epochs=1", project).stdout


def test_tensorboard_shows_the_learning_curve(project: Path) -> None:
    sh(f"{TRAIN} trainer.max_epochs=2 hydra.run.dir=outputs/logged", project)
    command = sh("make --dry-run tensorboard", project).stdout.split()
    server = subprocess.Popen(
        [*command, "--port", "0"],
        cwd=project,
        env=clean_environment(PATH=path_of(project)),
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stderr
        address = next(m[0] for line in server.stderr if (m := re.search(r"http://localhost:\d+", line)))
        run = "outputs/logged/lightning"
        scalars = f"{address}/data/plugin/scalars/scalars?run={run}&tag=validation_loss"
        while True:  # it reads the files after it has begun to answer
            with urllib.request.urlopen(f"{address}/data/plugin/scalars/tags") as answer:
                if "validation_loss" in json.load(answer).get(run, {}):
                    break
        with urllib.request.urlopen(scalars) as answer:
            shown = [loss for _, _, loss in json.load(answer)]
    finally:
        server.terminate()
        server.communicate()
    curve = (project / "outputs/logged/learning_curve.csv").read_text().splitlines()
    column = curve[0].split(",").index("validation_loss")
    assert shown == pytest.approx([float(row.split(",")[column]) for row in curve[1:]], rel=1e-6)


@pytest.mark.exhaustive
@pytest.mark.parametrize("option", ["model.compile=true", "trainer.precision=bf16-mixed"])
def test_compiling_and_mixed_precision_are_values(project: Path, tmp_path: Path, option: str) -> None:
    """Both train with other roundings, and keep the weights' names and shapes."""
    cache = {"TORCHINDUCTOR_CACHE_DIR": str(tmp_path / "compiled")}
    for name, value in {"plain": "", "other": option}.items():
        sh(f"{TRAIN} {value} hydra.run.dir=outputs/{name}", project, **cache)
    assert any(tmp_path.glob("compiled/**/*.cpp")) == (option == "model.compile=true")
    differ = compare(project, "plain", "other")
    assert all(re.match(r"\d+ of \d+ numbers, by up to ", text) for text in differ.values()) and differ
    losses = [
        json.loads((project / f"outputs/{name}/metrics.json").read_text())["validation_loss"]
        for name in ("plain", "other")
    ]
    assert losses[1] == pytest.approx(losses[0], rel=0.2)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("optimizer.lr=-1", "ValueError('Invalid learning rate: -1')"),
        ("trainer=ddp model.batch_size=33", "model.batch_size: 33 is no multiple of 2 processes"),
    ],
)
def test_a_wrong_value_is_answered_without_a_traceback(project: Path, options: str, said: str) -> None:
    result = sh(f"{TRAIN} {options}", project, check=False)
    assert result.returncode == 1
    assert said in result.stderr.splitlines()[-1]
    assert "Traceback" not in result.stderr


@pytest.mark.exhaustive
def test_setup_takes_the_build_for_cpus_by_default(project: Path, tmp_path: Path) -> None:
    """`make setup` asks the index of torch's builds for CPUs, `ACCELERATOR=cuda` the usual index."""
    wheels = os.environ.get("PIP_FIND_LINKS")
    if not wheels:
        pytest.skip("no folder of wheels is there to play torch's index with")
    path = tmp_path / "clone"
    sh(f"git clone -q '{project}' '{path}' && cd '{path}' && make setup", tmp_path)
    with serve(Path(wheels), tmp_path) as index:
        proxy = f"http://127.0.0.1:{index.server_address[1]}"
        sh(
            "uv pip uninstall -q torch && make setup",
            path,
            ACCELERATOR="cpu",
            UV_FIND_LINKS="",
            UV_CACHE_DIR=str(tmp_path / "cache"),
            HTTPS_PROXY=proxy,
            SSL_CERT_FILE=str(index.certificates.root),
        )
    folders = {asked.rpartition("/")[0] for _, asked in index.asked}
    assert {folder for folder in folders if folder.endswith("/torch")} == {"/whl/cpu/torch"}
    assert not re.search("nvidia|cuda|triton", " ".join(folders))
    listing = sh("uv pip list --format json", path).stdout
    assert '{"name":"torch","version":"2.13.0+cpu"}' in listing
    assert not re.search(r'"(nvidia|cuda|triton)', listing)
    cuda, cpu = (
        sh(f"make --dry-run setup ACCELERATOR={name}", path).stdout.splitlines()[2]
        for name in ("cuda", "cpu")
    )
    assert cuda.split() == [word for word in cpu.split() if word not in ("--torch-backend", "cpu")]
