"""Multi-layer perceptron."""

from collections.abc import Iterator
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt
from pydantic.dataclasses import dataclass

from ...config import STRICT
from ...features.examples import Examples
from .scikit_learn import ScikitLearnModel


@dataclass(config=STRICT, kw_only=True)
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

    def train(
        self, examples: Examples, weights: NDArray[np.float64] | None, seed: int
    ) -> Iterator[tuple[int, Any]]:
        """See `ScikitLearnModel.train`."""
        from sklearn.neural_network import MLPClassifier, MLPRegressor

        make, classes = MLPRegressor, {}
        if examples.n_classes is not None:
            make, classes = MLPClassifier, {"classes": np.arange(examples.n_classes)}
        # A generator continues from epoch to epoch; a number would shuffle each epoch alike.
        estimator = make(
            hidden_layer_sizes=self.hidden_layer_sizes,
            alpha=self.alpha,
            batch_size=min(self.batch_size, len(examples.targets)),
            learning_rate_init=self.learning_rate_init,
            random_state=np.random.RandomState(seed),
        )
        for epoch in range(1, self.max_iter + 1):
            estimator.partial_fit(
                examples.features, examples.targets, sample_weight=weights, **classes
            )
            yield epoch, estimator
