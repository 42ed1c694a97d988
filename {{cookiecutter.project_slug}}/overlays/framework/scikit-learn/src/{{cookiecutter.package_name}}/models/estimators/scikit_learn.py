"""What scikit-learn's classifiers share: the training loop and the export to ONNX."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from ..interface import Diverged

if TYPE_CHECKING:
    from collections.abc import Iterator

    import onnx

    from ...features.splits import Split


class ScikitLearnModel(ABC):
    """A classifier that is trained step by step."""

    @property
    @abstractmethod
    def n_steps(self) -> int:
        """How often `train` yields."""

    @abstractmethod
    def train(self, split: Split, seed: int) -> Iterator[tuple[int, Any]]:
        """Train, and yield how far it has come (epochs, trees) and the classifier, step by step."""

    def fit(self, train: Split, validation: Split, seed: int, threads: int) -> pl.DataFrame:
        """See `Model.fit`."""
        rows: list[dict[str, float]] = []
        # Without a terminal (DVC in CI, a cluster) there is nobody to see the bar.
        bar = tqdm(self.train(train, seed), total=self.n_steps, unit="step", disable=None)
        try:
            with threadpool_limits(threads), np.errstate(over="ignore", invalid="ignore"):
                for step, self._classifier in bar:
                    scores = self._score("train", train) | self._score("validation", validation)
                    bar.set_postfix(validation_loss=f"{scores['validation_loss']:.4f}")
                    rows.append({"step": step, **scores})
        except ValueError as error:
            if not re.search("NaN|infinity|non-finite", str(error)):
                raise
            raise Diverged(len(rows) + 1) from error
        return pl.DataFrame(rows)

    def to_onnx(self) -> onnx.ModelProto:
        """See `Model.to_onnx`."""
        from skl2onnx import to_onnx  # slow, and only for this
        from skl2onnx.common.data_types import FloatTensorType

        model: onnx.ModelProto = to_onnx(
            self._classifier,
            initial_types=[("features", FloatTensorType([None, self._classifier.n_features_in_]))],
            options={"zipmap": False},  # probabilities as a tensor, not as a list of dictionaries
            name="classifier",
            target_opset={"": 21, "ai.onnx.ml": 3},
        )
        return model

    def _score(self, name: str, split: Split) -> dict[str, float]:
        from sklearn.metrics import accuracy_score, log_loss

        probabilities = self._classifier.predict_proba(split.features)
        predicted = self._classifier.classes_[probabilities.argmax(axis=1)]
        return {
            f"{name}_loss": float(
                log_loss(split.labels, probabilities, labels=self._classifier.classes_)
            ),
            f"{name}_accuracy": float(accuracy_score(split.labels, predicted)),
        }
