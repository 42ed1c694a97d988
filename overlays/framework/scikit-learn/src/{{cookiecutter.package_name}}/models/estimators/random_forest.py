"""Random forest."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, PositiveInt
from pydantic.dataclasses import dataclass

from ...config import STRICT
from ...features.examples import Examples
from .scikit_learn import ScikitLearnModel


@dataclass(config=STRICT, kw_only=True)
class RandomForest(ScikitLearnModel):
    """Bagged decision trees: L. Breiman, Machine Learning 45, 2001, doi:10.1023/A:1010933404324."""

    n_estimators: PositiveInt  # trees
    max_depth: PositiveInt | None  # null: until the leaves are pure
    max_features: Literal["sqrt", "log2"] | Annotated[float, Field(gt=0, le=1)]
    trees_per_step: PositiveInt  # between two points of the learning curve

    @property
    def n_steps(self) -> int:
        """One per `trees_per_step`, rounded up."""
        return -(-self.n_estimators // self.trees_per_step)

    def train(
        self, examples: Examples, weights: NDArray[np.float64] | None, seed: int
    ) -> Iterator[tuple[int, Any]]:
        """See `ScikitLearnModel.train`."""
        from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

        make = RandomForestRegressor if examples.n_classes is None else RandomForestClassifier
        forest = make(
            n_estimators=0,
            max_depth=self.max_depth,
            max_features=self.max_features,
            warm_start=True,  # keep the trees that are there
            random_state=seed,
        )
        for step in range(1, self.n_steps + 1):
            trees = min(step * self.trees_per_step, self.n_estimators)
            forest.set_params(n_estimators=trees)
            forest.fit(examples.features, examples.targets, sample_weight=weights)
            yield trees, forest
