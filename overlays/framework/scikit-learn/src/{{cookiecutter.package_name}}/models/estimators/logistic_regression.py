"""Multinomial logistic regression with an L2 penalty."""

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from pydantic import PositiveFloat, PositiveInt
from pydantic.dataclasses import dataclass

from ...config import STRICT
from ...features.splits import Split
from .scikit_learn import ScikitLearnModel


@dataclass(config=STRICT)
class LogisticRegression(ScikitLearnModel):
    """Trained by SAGA: A. Defazio et al., NIPS 2014, arXiv:1407.0202."""

    C: PositiveFloat  # inverse strength of the penalty
    max_iter: PositiveInt  # epochs

    @property
    def n_steps(self) -> int:
        """One per epoch."""
        return self.max_iter

    def train(self, split: Split, seed: int) -> Iterator[tuple[int, Any]]:
        """See `ScikitLearnModel.train`."""
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.linear_model import LogisticRegression

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
                classifier.fit(split.features, split.labels)
            yield epoch, classifier
