"""Multi-layer perceptron."""

from collections.abc import Iterator
from typing import Annotated, Any

import numpy as np
from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt
from pydantic.dataclasses import dataclass

from ...config import STRICT
from ...features.splits import Split
from .scikit_learn import ScikitLearnModel


@dataclass(config=STRICT)
class MLP(ScikitLearnModel):
    """Rectified linear units, trained by Adam: D. Kingma and J. Ba, ICLR 2015, arXiv:1412.6980."""

    hidden_layer_sizes: Annotated[list[PositiveInt], Field(min_length=1)]
    alpha: NonNegativeFloat  # strength of the L2 penalty
    batch_size: PositiveInt
    learning_rate_init: PositiveFloat
    max_iter: PositiveInt  # epochs

    @property
    def n_steps(self) -> int:
        """One per epoch."""
        return self.max_iter

    def train(self, split: Split, seed: int) -> Iterator[tuple[int, Any]]:
        """See `ScikitLearnModel.train`."""
        from sklearn.neural_network import MLPClassifier

        # A generator goes on from epoch to epoch; a number would shuffle each epoch alike.
        classifier = MLPClassifier(
            hidden_layer_sizes=self.hidden_layer_sizes,
            alpha=self.alpha,
            batch_size=min(self.batch_size, len(split.labels)),
            learning_rate_init=self.learning_rate_init,
            random_state=np.random.RandomState(seed),
        )
        for epoch in range(1, self.max_iter + 1):
            classifier.partial_fit(split.features, split.labels, classes=np.unique(split.labels))
            yield epoch, classifier
