"""A model of a user's own: scikit-learn's extremely randomized trees."""

from pydantic import PositiveInt
from pydantic.dataclasses import dataclass
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor

from ...config import STRICT
from .scikit_learn import ScikitLearnModel


@dataclass(config=STRICT, kw_only=True)
class Mine(ScikitLearnModel):
    n_estimators: PositiveInt
    n_steps = 1

    def train(self, examples, weights, seed):
        make = ExtraTreesClassifier if examples.n_classes else ExtraTreesRegressor
        trees = make(self.n_estimators, random_state=seed)
        yield 1, trees.fit(examples.features, examples.targets, sample_weight=weights)
