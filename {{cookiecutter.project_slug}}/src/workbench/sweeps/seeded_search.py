"""Searches that can be repeated and resumed: a Hydra callback for `hydra/sweeper=optuna`."""

from typing import Any

from hydra.experimental.callback import Callback
from omegaconf import DictConfig, read_write

OPTUNAS = "optuna.samplers.TPESampler"


class SeededSearch(Callback):
    """Gives a search by Optuna a seed, a name and a place for its trials, where it has none."""

    def __init__(self, seed: int, storage: str) -> None:
        """Make the callback.

        Args:
            seed: The sampler's seed.
            storage: A URL as SQLAlchemy's. The study there has the script's name.
        """
        self._seed = seed
        self._storage = storage

    def on_multirun_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Fill in what the search leaves open."""
        sweeper = config.hydra.sweeper
        if "study_name" not in sweeper:
            return
        with read_write(config.hydra):
            if sweeper.study_name is None:
                sweeper.study_name = config.hydra.job.name
                # The trials' configurations are composed anew, and their records name the study.
                override = f"hydra.sweeper.study_name={sweeper.study_name}"
                config.hydra.overrides.hydra.append(override)
            sweeper.storage = sweeper.storage or self._storage
            if "seed" in sweeper.sampler and sweeper.sampler.seed is None:
                sweeper.sampler.seed = self._seed
            if sweeper.sampler.get("_target_") == OPTUNAS:
                sweeper.sampler._target_ = f"{__package__}.seeded_sampler.SeededSampler"
