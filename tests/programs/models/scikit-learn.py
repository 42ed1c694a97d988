"""A model of a user's own: scikit-learn's extremely randomized trees."""

from pydantic import PositiveInt
from pydantic.dataclasses import dataclass
from sklearn.ensemble import ExtraTreesClassifier

from ...config import STRICT
from .scikit_learn import ScikitLearnModel


@dataclass(config=STRICT)
class Mine(ScikitLearnModel):
    n_estimators: PositiveInt
    n_steps = 1

    def train(self, split, seed):
        yield 1, ExtraTreesClassifier(self.n_estimators, random_state=seed).fit(split.features, split.labels)
