import json
import sys
from pathlib import Path
from typing import Any

import pytest
from omegaconf import OmegaConf

from {{ cookiecutter.package_name }}.models import train_model
from workbench.sweeps.seeded_search import SeededSearch
from {{ cookiecutter.package_name }}.reproducibility import run_record
from workbench.report.studies import list_searches


def test_a_sweep_goes_on_with_what_is_missing(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sweep(seeds: str, commit: str) -> dict[int, str]:
        code = {"commit": commit, "dirty": False}
        monkeypatch.setattr(run_record, "describe_code", lambda: code)
        options = (f"seed={seeds}", f"paths.processed={project}/data/processed")
        folders = (f"hydra.sweep.dir={tmp_path}", "hydra.sweep.subdir=seed_${seed}")
        monkeypatch.setattr(sys, "argv", ["train_model", "--multirun", *options, *folders])
        train_model.main()
        records = [json.loads(path.read_text()) for path in sorted(tmp_path.glob("*/run.json"))]
        assert {record["status"] for record in records} == {"completed"}
        return {record["seed"]: record["start"] for record in records}

    first = sweep("0", "abc")
    second = sweep("0,1", "abc")
    assert (set(second), second[0]) == ({0, 1}, first[0])
    assert sweep("0", "def")[0] != first[0]  # of another commit


def test_a_search_gets_a_seed_a_name_and_a_place() -> None:
    optunas = {"_target_": "optuna.samplers.TPESampler", "seed": None}
    open_ = {"study_name": None, "storage": None, "sampler": optunas}
    config: Any = OmegaConf.create({"hydra": {"job": {"name": "script"}, "sweeper": open_}})
    config.hydra.overrides = {"hydra": []}
    SeededSearch(3, "sqlite:///a.db").on_multirun_start(config)
    sweeper = config.hydra.sweeper
    assert (sweeper.study_name, sweeper.storage) == ("script", "sqlite:///a.db")
    assert sweeper.sampler.seed == 3
    assert sweeper.sampler._target_.endswith("workbench.sweeps.seeded_sampler.SeededSampler")
    assert config.hydra.overrides.hydra == ["hydra.sweeper.study_name=script"]
    sweeper.study_name = "mine"
    sweeper.sampler.seed = 4
    SeededSearch(3, "sqlite:///a.db").on_multirun_start(config)
    assert (sweeper.study_name, sweeper.sampler.seed) == ("mine", 4)


def test_report_of_a_search() -> None:
    def trial(number: int, status: str, direction: str, **facts: Any) -> dict[str, Any]:
        return {
            "sweep": {"study": direction, "direction": direction},
            "start": f"2026-01-0{number}",
            "status": status,
            "command": ["python", "-m", "script"],
            "overrides": [f"number={number}"],
            "seed": 0,
            "code": {"commit": "0123456789", "dirty": True},
            **facts,
        }

    for direction, best in {"minimize": "number=1", "maximize": "number=2"}.items():
        trials = [
            trial(1, "completed", direction, returned=0.5),
            trial(2, "completed", direction, returned=0.75),
            trial(3, "failed", direction),
            {"sweep": None},
        ]
        counts, command, _, table = list_searches(trials)
        assert "3 trials (2 completed, 1 failed)" in counts
        assert command.splitlines()[1:-1] == ["python -m script"]
        assert best in table.splitlines()[2]
        assert "0123456+" in table
