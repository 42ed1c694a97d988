"""A search by Optuna gets what it leaves open; `tests/test_sweeps.py` runs real ones."""

from typing import Any

import pytest
from omegaconf import DictConfig, OmegaConf
from workbench.sweeps.seeded_search import SeededSearch


@pytest.fixture
def config() -> Any:
    """What Hydra has of a search that sets nothing itself."""
    sampler = {"_target_": "optuna.samplers.TPESampler", "seed": None}
    sweeper = {"study_name": None, "storage": None, "sampler": sampler}
    hydra = {"job": {"name": "script"}, "sweeper": sweeper, "overrides": {"hydra": []}}
    return OmegaConf.create({"hydra": hydra})


def test_a_search_gets_a_seed_a_name_and_a_place(config: DictConfig) -> None:
    SeededSearch(3, "sqlite:///a.db").on_multirun_start(config)
    sweeper = config.hydra.sweeper
    assert sweeper.study_name == "script"
    assert sweeper.storage == "sqlite:///a.db"
    assert sweeper.sampler.seed == 3
    assert sweeper.sampler._target_ == "workbench.sweeps.seeded_sampler.SeededSampler"
    assert config.hydra.overrides.hydra == ["hydra.sweeper.study_name=script"]


def test_what_a_search_sets_itself_stays(config: DictConfig) -> None:
    config.hydra.sweeper.study_name = "mine"
    config.hydra.sweeper.sampler.seed = 4
    SeededSearch(3, "sqlite:///a.db").on_multirun_start(config)
    assert config.hydra.sweeper.study_name == "mine"
    assert config.hydra.sweeper.sampler.seed == 4
    assert config.hydra.overrides.hydra == []


def test_a_sweep_that_is_no_search_stays_as_it_is(config: DictConfig) -> None:
    config.hydra.sweeper = {"params": None}
    SeededSearch(3, "sqlite:///a.db").on_multirun_start(config)
    assert config.hydra.sweeper == {"params": None}
