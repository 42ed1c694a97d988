"""What every model can do, whichever framework trains it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from workbench.errors import UserError

if TYPE_CHECKING:
    import onnx
    import polars as pl

    from ..features.splits import Split


class Diverged(UserError):
    """The training has left the numbers that a computer can hold."""

    def __init__(self, step: int) -> None:
        super().__init__(
            f"The training diverged at step {step}: its loss or its weights are no longer finite "
            "numbers. Try a smaller learning rate."
        )


class Model(Protocol):
    """A model that `configs/model/*.yaml` names."""

    def fit(self, train: Split, validation: Split, seed: int, threads: int) -> pl.DataFrame:
        """Train from scratch. The same seed gives the same model.

        Args:
            train: The examples to learn from.
            validation: The examples that the learning curve is evaluated on.
            seed: Seeds all randomness.
            threads: Threads for linear algebra; sums over more of them round differently.

        Returns:
            The learning curve: one row per `step`, with `train_loss`, `train_accuracy`,
            `validation_loss` and `validation_accuracy` (loss: mean cross-entropy in nats).

        Raises:
            Diverged: The weights are no longer finite.
        """
        ...

    def to_onnx(self) -> onnx.ModelProto:
        """Export the fitted model.

        Returns:
            Input `features` float32 [n, d]; outputs `label` int64 [n] and `probabilities`
            float32 [n, c].
        """
        ...
