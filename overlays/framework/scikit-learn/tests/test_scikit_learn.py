"""What scikit-learn's models share: no training for a model that could not be exported."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from pydantic.dataclasses import dataclass

from workbench.errors import UserError

from {{ cookiecutter.package_name }}.config import STRICT
from {{ cookiecutter.package_name }}.features.examples import Examples
from {{ cookiecutter.package_name }}.models.estimators.scikit_learn import (
    ScikitLearnModel,
)

SEEN: list[int] = []  # how many examples each training has seen


@dataclass(config=STRICT, kw_only=True)
class Propagation(ScikitLearnModel):
    """An estimator that has no form in ONNX."""

    @property
    def n_steps(self) -> int:
        return 1

    def train(self, examples: Examples, weights: Any, seed: int) -> Iterator[tuple[int, Any]]:
        from sklearn.semi_supervised import LabelPropagation

        SEEN.append(len(examples.targets))
        yield 1, LabelPropagation().fit(examples.features, examples.targets)


def test_what_cannot_be_exported_is_not_trained() -> None:
    features = np.random.default_rng(0).random((1000, 3), dtype=np.float32)
    examples = Examples(features, np.arange(1000) % 2, ["a", "b", "c"], n_classes=2)
    with pytest.raises(UserError) as caught:
        Propagation().fit(examples, examples, seed=0, threads=1)
    message = "LabelPropagation cannot be exported to ONNX, so it could not be served or compared: "
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)
    assert len(SEEN) == 1
    assert SEEN[0] < 100
