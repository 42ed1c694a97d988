"""Multi-layer perceptron."""

from collections.abc import Iterator
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, PositiveInt
from pydantic.dataclasses import dataclass

from ...config import STRICT
from ...features.examples import Examples
from .scikit_learn import ScikitLearnModel


@dataclass(config=STRICT, kw_only=True)
class MLP(ScikitLearnModel):
    """Rectified linear units, trained by Adam: D. Kingma and J. Ba, ICLR 2015, arXiv:1412.6980."""

    hidden_layer_sizes: Annotated[list[PositiveInt], Field(min_length=1)]
    batch_size: PositiveInt
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
        # A generator goes on from epoch to epoch; a number would shuffle each epoch alike.
        estimator = make(
            hidden_layer_sizes=self.hidden_layer_sizes,
            # Exercise 1: `alpha` and `learning_rate_init` are hyperparameters that no configuration
            # names. Make them fields of the class, each with its range, and give them these
            # values in configs/model/mlp.yaml.
            alpha=0.0001,
            batch_size=min(self.batch_size, len(examples.targets)),
            learning_rate_init=0.001,
            random_state=np.random.RandomState(seed),
        )
        for epoch in range(1, self.max_iter + 1):
            estimator.partial_fit(
                examples.features, examples.targets, sample_weight=weights, **classes
            )
            yield epoch, estimator
