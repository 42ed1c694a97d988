"""The interface of every model, whichever framework trains it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from workbench.errors import UserError

if TYPE_CHECKING:
    import onnx
    import polars as pl

    from ..features.examples import Examples


class Diverged(UserError):
    """The training has produced numbers that are not finite."""

    def __init__(self, step: int) -> None:
        super().__init__(
            f"The training diverged at step {step}: its loss or its weights are no longer finite "
            "numbers. Try a smaller learning rate."
        )


class Model(Protocol):
    """A model that `configs/model/*.yaml` configures. It supports both tasks, or rejects one."""

    def fit(self, train: Examples, validation: Examples, seed: int, threads: int) -> pl.DataFrame:
        """Train from scratch. The same seed gives the same model.

        Args:
            train: The examples to learn from.
            validation: The examples that the learning curve is evaluated on.
            seed: Seeds all randomness.
            threads: Threads for linear algebra; sums over more of them round differently.

        Returns:
            The learning curve: one row per `step`, with `train_loss` and `validation_loss`, and a
            second measure. For classes, the loss is the mean cross-entropy in nats, and the measure
            `train_accuracy` and `validation_accuracy`. For numbers, which are scaled to a variance
            of 1 in the training split, it is the mean squared error, and the measure `train_mae`
            and `validation_mae`, the mean absolute error.

        Raises:
            Diverged: The weights are no longer finite.
            UserError: It does not serve the task, or cannot be exported.
        """
        ...

    def to_onnx(self) -> onnx.ModelProto:
        """Export the fitted model.

        Returns:
            Input `features` float32 [n, d]. The last output has the probabilities of the classes,
            float32 [n, c], or the scaled numbers, float32 [n, 1].
        """
        ...
