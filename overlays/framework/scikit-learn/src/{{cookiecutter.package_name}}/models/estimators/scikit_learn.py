"""What scikit-learn's models share: the training loop and the export to ONNX."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import polars as pl
from pydantic.dataclasses import dataclass
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from workbench.errors import UserError

from ...config import STRICT
from ...features.examples import Examples
from ..interface import Diverged

if TYPE_CHECKING:
    from collections.abc import Iterator

    import onnx
    from numpy.typing import NDArray

SAMPLE = 20  # examples that try the export


@dataclass(config=STRICT, kw_only=True)
class ScikitLearnModel(ABC):
    """A classifier or regressor that is trained step by step."""

    class_weight: Literal["balanced"] | None = None  # balanced: rare classes count as much

    @property
    @abstractmethod
    def n_steps(self) -> int:
        """How often `train` yields, at most."""

    @abstractmethod
    def train(
        self, examples: Examples, weights: NDArray[np.float64] | None, seed: int
    ) -> Iterator[tuple[int, Any]]:
        """Train, and yield how far it has come (epochs, trees) and the estimator, step by step.

        Args:
            examples: What to learn from.
            weights: A weight for each example [n]; None: all count alike.
            seed: Seeds all randomness.
        """

    def fit(self, train: Examples, validation: Examples, seed: int, threads: int) -> pl.DataFrame:
        """See `Model.fit`."""
        train, validation = train.flatten(), validation.flatten()
        rows: list[dict[str, float]] = []
        steps = self.train(train, self._weigh(train), seed)
        # Without a terminal (DVC in CI, a cluster) there is nobody to see the bar.
        bar = tqdm(steps, total=self.n_steps, unit="step", disable=None)
        try:
            with threadpool_limits(threads), np.errstate(over="ignore", invalid="ignore"):
                self._try_export(train)
                for step, self._estimator in bar:
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
        return _export(self._estimator)

    def _try_export(self, train: Examples) -> None:
        """Try to export a model of a few examples now, rather than fail after hours of training.

        Raises:
            UserError: It cannot be exported.
        """
        _, first = np.unique(train.targets, return_index=True)
        rows = first if train.n_classes else np.arange(min(SAMPLE, len(train.targets)))
        few = Examples(train.features[rows], train.targets[rows], train.names, train.n_classes)
        _, estimator = next(self.train(few, None, seed=0))
        try:
            _export(estimator)
        except Exception as error:  # of whichever converter
            reason = " ".join(str(error).split())[:150]
            raise UserError(
                f"{type(estimator).__name__} cannot be exported to ONNX, so it could not be served "
                f"or compared: {reason}"
            ) from error

    def _weigh(self, examples: Examples) -> NDArray[np.float64] | None:
        if self.class_weight is None or examples.n_classes is None:
            return None
        shares = np.bincount(examples.targets.astype(np.int64)) / len(examples.targets)
        return np.asarray(1 / (examples.n_classes * shares[examples.targets.astype(np.int64)]))

    def _score(self, name: str, examples: Examples) -> dict[str, float]:
        if examples.n_classes is None:
            errors = self._estimator.predict(examples.features) - examples.targets
            loss, mae = np.mean(errors**2, dtype=float), np.mean(np.abs(errors), dtype=float)
            return {f"{name}_loss": float(loss), f"{name}_mae": float(mae)}
        # In 32 bits, as the exported model has them
        probabilities = self._estimator.predict_proba(examples.features).astype(np.float32)
        of_truth = probabilities[np.arange(len(examples.targets)), examples.targets]
        smallest = np.finfo(probabilities.dtype).eps
        return {
            f"{name}_loss": float(np.mean(-np.log(of_truth.clip(smallest)), dtype=float)),
            f"{name}_accuracy": float(np.mean(probabilities.argmax(axis=1) == examples.targets)),
        }


def _export(estimator: Any) -> onnx.ModelProto:
    from skl2onnx import to_onnx  # slow, and only for this
    from skl2onnx.common.data_types import FloatTensorType

    # Probabilities as a tensor, not as a list of dictionaries
    options = {"zipmap": False} if hasattr(estimator, "classes_") else None
    model: onnx.ModelProto = to_onnx(
        estimator,
        initial_types=[("features", FloatTensorType([None, estimator.n_features_in_]))],
        options=options,
        name="model",
        target_opset={"": 21, "ai.onnx.ml": 3},
    )
    return model
