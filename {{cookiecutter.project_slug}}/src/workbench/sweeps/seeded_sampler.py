"""Seeded trials for a search by Optuna (`hydra/sweeper=optuna`), which needs the extra `optuna`."""

import warnings
from typing import Any

import numpy as np

# The sweeper for Hydra 1.3 uses names of distributions and options that Optuna 6 will remove.
warnings.filterwarnings("ignore", r".* deprecated in v\d.* removed in v6", FutureWarning)


class SeededSampler:
    """Optuna's TPE sampler, which draws for each trial by a seed of its own.

    A search that was stopped resumes with the trials that it would have had. With one generator
    for all of them, as in Optuna, it would draw the first ones again. A trial that was cut off is
    repeated.
    """

    def __init__(self, seed: int, **options: Any) -> None:
        """Make the sampler.

        Args:
            seed: The seed of the search.
            **options: Options of Optuna's `TPESampler`.
        """
        self._seed = seed
        self._options = options
        self._samplers: dict[int, Any] = {}  # by the trial's number

    def before_trial(self, study: Any, trial: Any) -> None:
        """Make the trial's own sampler."""
        from optuna.samplers import TPESampler

        if not self._samplers:
            _give_up_unfinished(study, trial.number)
        lost = [number for number in _list_lost(study) if number < trial.number]
        numbers = [self._seed, trial.number - len(lost)]
        seed = int(np.random.SeedSequence(numbers).generate_state(1)[0])
        self._samplers[trial.number] = TPESampler(seed=seed, **self._options)
        self._samplers[trial.number].before_trial(study, trial)

    def infer_relative_search_space(self, study: Any, trial: Any) -> Any:
        """Do as Optuna's sampler, like the methods below."""
        return self._samplers[trial.number].infer_relative_search_space(study, trial)

    def sample_relative(self, study: Any, trial: Any, search_space: Any) -> Any:
        """Draw values of several parameters together."""
        return self._samplers[trial.number].sample_relative(study, trial, search_space)

    def sample_independent(self, study: Any, trial: Any, name: str, distribution: Any) -> Any:
        """Draw a value of one parameter."""
        sampler = self._samplers[trial.number]
        return sampler.sample_independent(study, trial, name, distribution)

    def after_trial(self, study: Any, trial: Any, state: Any, values: Any) -> None:
        """Do nothing: it is for constraints, which Hydra's sweeper does not support."""


def _give_up_unfinished(study: Any, number: int) -> None:
    """Mark the trials that an earlier search has left running."""
    from optuna.trial import TrialState

    lost = [t.number for t in study.get_trials(states=(TrialState.RUNNING,)) if t.number < number]
    study.set_user_attr("lost", [*_list_lost(study), *lost])
    for unfinished in lost:
        study.tell(unfinished, state=TrialState.FAIL)


def _list_lost(study: Any) -> list[int]:
    return list(study.user_attrs.get("lost", []))
