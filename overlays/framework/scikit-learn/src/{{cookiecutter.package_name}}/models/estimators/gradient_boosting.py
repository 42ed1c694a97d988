"""Gradient boosting."""

from collections.abc import Iterator
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, PositiveFloat, PositiveInt
from pydantic.dataclasses import dataclass

from ...config import STRICT
from ...features.examples import Examples
from .scikit_learn import ScikitLearnModel


@dataclass(config=STRICT, kw_only=True)
class GradientBoosting(ScikitLearnModel):
    """Trees, each of which corrects those before it: J. Friedman, Annals of Statistics 29, 2001."""

    n_estimators: PositiveInt  # rounds, with a tree for each class
    learning_rate: PositiveFloat
    max_depth: PositiveInt
    subsample: Annotated[float, Field(gt=0, le=1)]  # the share of the examples that a tree sees
    rounds_per_step: PositiveInt  # rounds between two points of the learning curve

    @property
    def n_steps(self) -> int:
        """One per `rounds_per_step`, rounded up."""
        return -(-self.n_estimators // self.rounds_per_step)

    def train(
        self, examples: Examples, weights: NDArray[np.float64] | None, seed: int
    ) -> Iterator[tuple[int, Any]]:
        """See `ScikitLearnModel.train`."""
        from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor

        regresses = examples.n_classes is None
        make = GradientBoostingRegressor if regresses else GradientBoostingClassifier
        ensemble = make(
            learning_rate=self.learning_rate,
            max_depth=self.max_depth,
            subsample=self.subsample,
            warm_start=True,  # keep the trees that are there
            random_state=seed,
        )
        for step in range(1, self.n_steps + 1):
            rounds = min(step * self.rounds_per_step, self.n_estimators)
            ensemble.set_params(n_estimators=rounds)
            ensemble.fit(examples.features, examples.targets, sample_weight=weights)
            yield rounds, ensemble
