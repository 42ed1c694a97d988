"""A linear model: logistic regression for classes, ridge regression for numbers."""

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import PositiveFloat, PositiveInt
from pydantic.dataclasses import dataclass

from ...config import STRICT
from ...features.examples import Examples
from .scikit_learn import ScikitLearnModel


@dataclass(config=STRICT, kw_only=True)
class Linear(ScikitLearnModel):
    """With an L2 penalty; logistic regression by SAGA: A. Defazio et al., NIPS 2014."""

    C: PositiveFloat  # inverse strength of the penalty
    max_iter: PositiveInt  # epochs of the logistic regression

    @property
    def n_steps(self) -> int:
        """One per epoch; the ridge regression takes one."""
        return self.max_iter

    def train(
        self, examples: Examples, weights: NDArray[np.float64] | None, seed: int
    ) -> Iterator[tuple[int, Any]]:
        """See `ScikitLearnModel.train`."""
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.linear_model import LogisticRegression, Ridge

        if examples.n_classes is None:
            yield 1, Ridge(alpha=1 / self.C).fit(examples.features, examples.targets)
            return
        # A generator goes on from epoch to epoch; a number would shuffle each epoch alike.
        classifier = LogisticRegression(
            C=self.C,
            solver="saga",
            max_iter=1,
            warm_start=True,
            random_state=np.random.RandomState(seed),
        )
        for epoch in range(1, self.max_iter + 1):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)  # one epoch never converges
                classifier.fit(examples.features, examples.targets, sample_weight=weights)
            yield epoch, classifier
