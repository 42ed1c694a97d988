"""What is done before the pipeline runs, and how it runs; `tests/test_here.py` runs the project's own."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from workbench.errors import UserError
from workbench.pipeline.parallel import count_jobs, is_tracked
from workbench.pipeline.run import make_source_folder

PROGRAMS = Path(__file__).parent / "programs"


def test_a_data_set_has_a_folder_that_git_keeps(small: Path) -> None:
    (small / "configs/data").mkdir(parents=True)
    (small / "configs/config.yaml").write_text("defaults: [{data: mine}, {model: mlp}]\n")
    make_source_folder(small)
    assert not (small / "data").exists()  # there is no such data set, and what comes next says so
    (small / "configs/data/mine.yaml").touch()
    make_source_folder(small)
    assert [path.name for path in (small / "data/external/mine").iterdir()] == [".gitkeep"]
    make_source_folder(small)


@pytest.fixture
def meeting(small: Path) -> Path:
    """A project with a pipeline whose two stages of a `foreach` wait for each other."""
    (small / "configs").mkdir()
    (small / "configs/config.yaml").write_text("defaults: [{data: mine}]\nthreads: 1\n")
    os.mkfifo(small / "pipe")
    python = f"'{sys.executable}'"
    write = f"{python} -c \"import sys; open(sys.argv[1], 'w').write('1')\""
    first = {"cmd": f"{write} first", "outs": ["first"]}
    command = f"{python} '{PROGRAMS}/meet.py' pipe ${{item}}"
    meet = {"foreach": ["r", "w"], "do": {"cmd": command, "deps": ["first"], "outs": ["met_${item}"]}}
    last = {
        "cmd": f"{python} -c \"open('last', 'w').write('1')\"",
        "deps": ["met_r", "met_w"],
        "outs": ["last"],
    }
    stages = {"first": first, "meet": meet, "last": last}
    (small / "dvc.yaml").write_text(yaml.safe_dump({"stages": stages}, sort_keys=False))
    for command in ("git init -q", f"{sys.executable} -m dvc init -q"):
        subprocess.run(command.split(), check=True)
    return small


def run_pipeline(root: Path, jobs: int, *options: str) -> subprocess.CompletedProcess[str]:
    """Run it as `make all` does."""
    environment = os.environ | {"JOBS": str(jobs), "PYTHONPATH": str(find_source())}
    command = [sys.executable, "-m", "workbench.pipeline.run", *options]
    return subprocess.run(
        command, cwd=root, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def find_source() -> Path:
    import workbench

    return Path(workbench.__path__[0]).parent


def test_stages_of_a_group_run_at_the_same_time(meeting: Path) -> None:
    """Each of the two waits for the other, so they would never end one after the other."""
    done = run_pipeline(meeting, 2)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [(meeting / f"met_{mode}").read_text() for mode in "rw"] == ["r", "w"]
    lock = yaml.safe_load((meeting / "dvc.lock").read_text())
    assert lock["stages"].keys() == {"first", "meet@r", "meet@w", "last"}
    assert "git add" not in done.stdout
    again = run_pipeline(meeting, 2)
    assert "Data and pipelines are up to date." in again.stdout


def test_a_stage_that_fails_ends_the_pipeline(meeting: Path) -> None:
    """The other one of the group has its result, and no stage after them runs."""
    (meeting / "fails").write_text("w")
    done = run_pipeline(meeting, 2)
    assert done.returncode != 0
    assert "failed to reproduce 'meet@w'" in done.stderr
    lock = yaml.safe_load((meeting / "dvc.lock").read_text())
    assert lock["stages"].keys() == {"first", "meet@r"}


def test_one_stage_at_a_time(meeting: Path) -> None:
    """Without a second job the first stage gets no answer."""
    (meeting / "impatient").touch()
    done = run_pipeline(meeting, 1)
    assert "failed to reproduce 'meet@r'" in done.stderr


def write_config(root: Path, **values: Any) -> None:
    (root / "configs").mkdir(exist_ok=True)
    (root / "configs/config.yaml").write_text(yaml.safe_dump(values))


def test_a_stage_has_as_many_cores_as_it_has_threads(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JOBS", raising=False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(4)), raising=False)
    defaults = [{"data": "mine"}, "_self_"]
    jobs = []
    for threads in (1, 2, 8):
        write_config(small, defaults=defaults, threads=threads)
        jobs.append(count_jobs(small))
    assert jobs == [4, 2, 1]
    write_config(small, defaults=[*defaults, {"trainer": "gpu"}], threads=1)
    assert count_jobs(small) == 1
    monkeypatch.setenv("JOBS", "3")
    assert count_jobs(small) == 3


@pytest.mark.parametrize("jobs", ["0", "-1", "two", "1.5"])
def test_a_number_of_jobs_that_is_none(small: Path, monkeypatch: pytest.MonkeyPatch, jobs: str) -> None:
    monkeypatch.setenv("JOBS", jobs)
    with pytest.raises(UserError, match=f"^JOBS={jobs}: give the number"):
        count_jobs(small)


def test_a_tracked_run_is_known(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first one makes the tracker's database, which two at a time would both try."""
    monkeypatch.delenv("TRACKER", raising=False)
    by_variable = [{"data": "mine"}, {"tracker": "${oc.env:TRACKER,none}"}, "_self_"]
    write_config(small, defaults=by_variable)
    assert not is_tracked(small)
    for name, tracked in (("mlflow", True), ("none", False), ("", False)):
        monkeypatch.setenv("TRACKER", name)
        assert is_tracked(small) is tracked
    write_config(small, defaults=[{"tracker": "wandb"}])
    assert is_tracked(small)
    write_config(small, defaults=[{"data": "mine"}])
    assert not is_tracked(small)
