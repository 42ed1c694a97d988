"""Sweeps on all cores, on a cluster and by Optuna: the same models, and their records, wherever they ran.

Those on a cluster need a Slurm that answers `sinfo`; without, they are skipped, and fail where REQUIRE_SLURM
is set.
"""

import json
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
from support import (
    PACKAGE,
    PROGRAMS,
    Result,
    clean_environment,
    generate_default,
    path_of,
    replace,
    run,
    sh,
)

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("sweeps")]
MODULE = f"{PACKAGE}.models.train_model"
TRAIN = f".venv/bin/python -m {MODULE} --multirun model.max_iter=3"
EXTRAS = {
    "hydra/launcher=joblib": "joblib",
    "hydra/launcher=slurm": "slurm",
    "hydra/sweeper=optuna": "optuna",
}
SLURM = "hydra/launcher=slurm hydra.launcher.mem_gb=1"
SEARCH = "hydra/sweeper=optuna 'model.alpha=tag(log,interval(0.0001,0.1))' 'model.batch_size=choice(32,64)'"


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Result]:
    """What a sweep says where its extra is not installed; `""` has the project's folder."""
    path = generate_default("scikit-learn", tmp_path_factory.mktemp("sweeps"))
    sh("make setup", path)
    said = {option: sh(f"{TRAIN} {option}", path, check=False) for option in EXTRAS}
    sh(f"make setup EXTRAS='{' '.join(EXTRAS.values())}' && make data", path)
    sh("git add . && git commit -qm 'Install the launchers and the sweeper'", path)
    return {"": Result([], 0, str(path)), **said}


@pytest.fixture(scope="module")
def project(bare: dict[str, Result]) -> Path:
    """The project with its data and every extra for sweeps, all of it committed."""
    return Path(bare[""].stdout)


@pytest.fixture(scope="module")
def local(project: Path) -> dict[str, bytes]:
    """The models of five seeds, trained one after another."""
    sh(f"{TRAIN} 'seed=range(5)' hydra.sweep.dir=multirun/local", project)
    models = read_models(project, "local")
    assert len(set(models.values())) == 5
    return models


@pytest.fixture(scope="module")
def slurm() -> dict[str, str]:
    """The environment of somebody who may use a cluster."""
    if not shutil.which("sinfo") or run("sinfo", cwd=Path.cwd()).returncode:
        (pytest.fail if os.environ.get("REQUIRE_SLURM") else pytest.skip)("no Slurm answers here")
    return {"PATH": os.pathsep.join([str(PROGRAMS / "slurm"), clean_environment()["PATH"]])}


def read_models(project: Path, sweep: str) -> dict[str, bytes]:
    """The model of each run of a sweep, by its directory's name."""
    paths = (project / "multirun" / sweep).glob("*/model.onnx")
    return {path.parent.name: path.read_bytes() for path in paths}


def read_records(project: Path, sweep: str) -> list[dict[str, Any]]:
    """The record of each run of a sweep, in the order in which they began."""
    paths = (project / "multirun" / sweep).glob("*/run.json")
    records = [json.loads(path.read_text("utf-8")) for path in paths]
    return sorted(records, key=lambda record: record["start"])


@pytest.mark.parametrize("option", EXTRAS)
def test_a_missing_extra_is_named_in_a_line(bare: dict[str, Result], option: str) -> None:
    assert bare[option].returncode == 1
    assert re.fullmatch(
        rf"hydra/\S+ is not installed: run `make setup EXTRAS={EXTRAS[option]}`\.\n", bare[option].stderr
    )


def test_a_sweep_is_resumed(project: Path, local: dict[str, bytes]) -> None:
    """What has completed is kept; all cores train the rest, to the same models."""
    sweep = f"{TRAIN} hydra.sweep.dir=multirun/resumed"
    sh(f"{sweep} seed=0,1", project)
    before = read_records(project, "resumed")
    sh(f"{sweep} seed=0,1,2,3,4 hydra/launcher=joblib", project)
    after = read_records(project, "resumed")
    assert len(after) == 5
    assert after[:2] == before
    assert {record["sweep"]["launcher"] for record in after[2:]} == {"joblib"}
    assert {record["status"] for record in after} == {"completed"}
    assert read_models(project, "resumed") == local


def copy_with_other_code(project: Path, path: Path) -> dict[str, str]:
    """Copy a project, change the copy's script and epochs, and give the original's environment."""
    sh(f"mkdir '{path}' && tar -c --exclude=.venv --exclude=multirun . | tar -x -C '{path}'", project)
    replace(path / f"src/{PACKAGE}/models/train_model.py", r'"split %d, seed', '"the copy: %d, seed')
    replace(path / "configs/model/mlp.yaml", r"max_iter: \d+", "max_iter: 2")
    return {"PATH": path_of(project)}


def read_logs(path: Path) -> list[tuple[bool, int]]:
    """For each run of a sweep, whether the copy's script ran, and for how many epochs."""
    return [
        (
            "the copy: " in (folder / "train_model.log").read_text(encoding="utf-8"),
            len((folder / "learning_curve.csv").read_text(encoding="utf-8").splitlines()) - 1,
        )
        for folder in (file.parent for file in path.glob("multirun/copied/*/run.json"))
    ]


SWEEP = f"python -m {MODULE} --multirun seed=0,1 hydra.sweep.dir=multirun/copied"


def test_a_launcher_runs_the_code_of_its_folder(project: Path, tmp_path: Path) -> None:
    environment = copy_with_other_code(project, tmp_path / "copy")
    sh(f"{SWEEP} hydra/launcher=joblib", tmp_path / "copy", **environment)
    assert read_logs(tmp_path / "copy") == [(True, 2), (True, 2)]


@pytest.mark.exhaustive
def test_a_cluster_runs_the_code_of_its_folder(project: Path, slurm: dict[str, str], tmp_path: Path) -> None:
    environment = copy_with_other_code(project, tmp_path / "copy")
    path = os.pathsep.join([slurm["PATH"].partition(os.pathsep)[0], environment["PATH"]])
    sh(f"{SWEEP} {SLURM}", tmp_path / "copy", PATH=path)
    assert read_logs(tmp_path / "copy") == [(True, 2), (True, 2)]


def test_an_experiment_keeps_its_sweep(project: Path) -> None:
    """By itself it runs every combination; it can be put aside for other values, and for a search."""

    def sweep(name: str, options: str) -> list[tuple[int, int]]:
        sh(f"{TRAIN} experiment=wide_mlp {options} hydra.sweep.dir=multirun/{name}", project)
        configs = [record["config"] for record in read_records(project, name)]
        return sorted((config["seed"], *config["model"]["hidden_layer_sizes"]) for config in configs)

    assert sweep("kept", "") == [(seed, width) for seed in range(3) for width in (128, 256)]
    assert sweep("aside", "seed=7,8 hydra.sweeper.params=null") == [(7, 256), (8, 256)]
    of_search = f"{SEARCH} hydra.sweeper.n_trials=2 hydra.sweeper.study_name"
    assert sweep("searched", f"{of_search}=wide hydra.sweeper.params=null") == [(0, 256), (0, 256)]


@pytest.mark.exhaustive
def test_a_job_array_trains_the_same_models(
    project: Path, local: dict[str, bytes], slurm: dict[str, str]
) -> None:
    sh(f"{TRAIN} {SLURM} 'seed=range(5)' hydra.sweep.dir=multirun/slurm", project, **slurm)
    assert read_models(project, "slurm") == local
    records = read_records(project, "slurm")
    assert {record["status"] for record in records} == {"completed"}
    assert all(record["metrics"]["validation_loss"] == record["returned"] for record in records)
    assert all(record["command"][1:3] == ["-m", MODULE] for record in records)
    assert {record["sweep"]["launcher"] for record in records} == {"slurm"}
    jobs = [path.name for path in (project / "multirun/slurm/.submitit").glob("*_*") if path.is_dir()]
    assert sorted(name.partition("_")[2] for name in jobs) == list("01234")
    assert len({name.partition("_")[0] for name in jobs}) == 1
    listed = re.findall(r"\| train_model +\| (.*?) +\|", sh("make runs", project).stdout)
    assert listed[:5] == [" ".join(record["overrides"]) for record in reversed(records)]


@pytest.mark.exhaustive
def test_a_job_that_fails_does_not_stop_the_others(project: Path, slurm: dict[str, str]) -> None:
    command = f"{TRAIN.replace('=3', '=0,3')} {SLURM} seed=0,1 hydra.sweep.dir=multirun/failed"
    failed = sh(command, project, check=False, **slurm)
    assert failed.returncode == 1
    assert "Traceback" not in failed.stderr
    folder = project / "multirun/failed/model.max_iter_0,seed_0"
    assert failed.stderr.splitlines()[-1] == (
        f"model.max_iter: Input should be greater than 0, got 0 [{folder}: see its log and run.json]"
    )
    statuses = {
        (record["config"]["model"]["max_iter"], record["status"])
        for record in read_records(project, "failed")
    }
    assert statuses == {(0, "failed"), (3, "completed")}


@pytest.mark.exhaustive
@pytest.mark.parametrize(("how", "state"), [("killed", "FAILED"), ("cancelled", "CANCELLED")])
def test_a_sweep_that_lost_a_job_is_resumed(
    project: Path, local: dict[str, bytes], slurm: dict[str, str], how: str, state: str
) -> None:
    """Its log is shown, the jobs after it go on, and the next sweep runs it alone."""
    command = f"exec {TRAIN} {SLURM} 'seed=range(5)' hydra.sweep.dir=multirun/{how}"
    environment = clean_environment(**slurm)
    folder = project / "multirun" / how

    def list_jobs(*options: str) -> list[str]:
        return run("squeue", "--noheader", "--array", *options, cwd=project, env=environment).stdout.split()

    while list_jobs():  # of the test before
        pass
    sweep = subprocess.Popen(
        ["bash", "-c", f"{command} hydra.launcher.array_parallelism=1"],
        cwd=project,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        if how == "killed":  # while it trains, as for want of memory
            while not (records := list(folder.glob("*seed_1/run.json"))):
                assert sweep.poll() is None
            os.kill(json.loads(records[0].read_text("utf-8"))["pid"], signal.SIGKILL)
        else:  # as it starts: once it runs, Submitit does not heed it until Slurm kills it
            while not any(job.endswith("_1") for job in list_jobs("--states=R", "--format=%i")):
                assert sweep.poll() is None
            job = next((folder / ".submitit").glob("*_1")).name
            assert run("scancel", job, cwd=project, env=environment).returncode == 0
        said = sweep.communicate()[1]
    finally:
        sweep.kill()
    assert sweep.returncode == 1
    assert "Traceback" not in said
    assert f"has not produced any output (state: {state})\nError stream produced:\n" in said
    assert how == "cancelled" or "Killed" in said  # of the other, the log may say this or that
    while list_jobs():
        pass
    records = {record["seed"]: record for record in read_records(project, how)}
    before = {seed: record for seed, record in records.items() if record["status"] == "completed"}
    assert before.keys() == {0, 2, 3, 4}
    assert records.get(1, {"status": "running"})["status"] == "running"  # `make runs`: not finished
    sh(command, project, **slurm)
    after = {record["seed"]: record for record in read_records(project, how)}
    assert {seed: record for seed, record in after.items() if seed != 1} == before
    assert after[1]["status"] == "completed"
    assert read_models(project, how) == local


@pytest.mark.exhaustive
def test_what_is_no_cluster_is_said_in_a_line(project: Path) -> None:
    no_slurm = os.pathsep.join(
        folder
        for folder in clean_environment()["PATH"].split(os.pathsep)
        if not shutil.which("srun", path=folder)
    )
    command = [*TRAIN.split(), "hydra/launcher=slurm", "hydra.sweep.dir=multirun/nowhere"]
    failed = run(*command, cwd=project, env=clean_environment(PATH=no_slurm))
    assert failed.returncode == 1
    assert failed.stderr == 'Could not detect "srun", are you indeed on a slurm cluster?\n'


@pytest.mark.exhaustive
def test_a_search_that_was_stopped_goes_on_to_the_same_trials(project: Path, slurm: dict[str, str]) -> None:
    """In one go, and in two with a death between them; there on a cluster, and here not."""
    whole = "hydra.sweeper.study_name=whole hydra.sweep.dir=multirun/whole"
    sh(f"{TRAIN} {SEARCH} hydra.sweeper.n_trials=4 {whole}", project)
    trials = read_records(project, "whole")
    values = [(record["overrides"], record["returned"]) for record in trials]
    assert len({value for _, value in values}) == 4
    parts = [f"{TRAIN} {SEARCH} hydra.sweeper.n_trials=2 hydra.sweep.dir=multirun/part{n}" for n in (1, 2)]
    sh(parts[0], project)
    assert sh(f".venv/bin/python '{PROGRAMS}/ask_for_a_trial.py'", project).stdout == "2\n"
    sh(f"{parts[1]} {SLURM}", project, **slurm)
    resumed = [record for n in (1, 2) for record in read_records(project, f"part{n}")]
    assert sorted((record["overrides"], record["returned"]) for record in resumed) == sorted(values)
    assert {record["sweep"]["study"] for record in resumed} == {"train_model"}

    best = min(trials, key=lambda record: record["returned"])
    listed = sh("make runs", project).stdout
    assert all(" ".join(record["overrides"]) in listed for record in trials)
    sh("make report", project)
    report = (project / "reports/reproducibility.md").read_text("utf-8")
    assert "Optuna searched in 4 trials (4 completed) of the study whole:" in report
    assert f"| {best['returned']:.4f}  | {' '.join(best['overrides'])}" in report
