"""A network as Lightning trains it: losses, learning curve, and what a checkpoint holds."""

from typing import Any

import torch
from hydra.utils import instantiate
from lightning.pytorch import LightningModule
from torch import Tensor, nn
from torch.nn import functional

from workbench.data.images import Shape
from workbench.errors import UserError

from .augmentation import augment
from .layers import seed_step


class Task(LightningModule):
    """Classes, trained by the mean cross-entropy, or numbers, by the mean squared error.

    Attributes:
        network: Takes features float32 [n, d], gives logits float32 [n, c] or numbers [n, 1].
        curve: The learning curve, a row per epoch.
    """

    def __init__(
        self,
        network: nn.Module,
        hyperparameters: dict[str, Any],
        class_weights: Tensor | None,
        seed: int,
        classifies: bool,
        image: Shape | None = None,
        augmentation: nn.Module | None = None,
        compile: bool = False,
    ) -> None:
        """Make the module.

        Args:
            network: As above.
            hyperparameters: `optimizer` and `scheduler`, as `configs/` has them, and whatever else
                must be the same in a run that resumes from a checkpoint of this one.
            class_weights: A weight for each class [c] in the training loss; None: all count alike.
            seed: Seeds what is random in each step.
            classifies: Whether classes are predicted.
            image: The height, width and channels of the image that the first features are, if any.
            augmentation: What changes it in training; None: nothing.
            compile: Whether training is compiled.
        """
        super().__init__()
        self.save_hyperparameters(hyperparameters)
        self.network = network
        self.curve: list[dict[str, float]] = []
        self.classifies = classifies
        self._class_weights = class_weights
        self._seed = seed
        self._image, self._augmentation = image, augmentation
        self._output = torch.compile(self._call) if compile else self._call

    def forward(self, features: Tensor) -> Tensor:
        """Predict: the probabilities of the classes, float32 [n, c], or numbers, float32 [n, 1]."""
        output = self._call(features)
        return output.softmax(dim=1) if self.classifies else output

    def _call(self, features: Tensor) -> Tensor:
        output: Tensor = self.network(features)
        return output

    def training_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> Tensor:
        """The loss of a batch."""
        features, targets = batch
        seed_step(self._seed, self.current_epoch, batch_idx, features.device)
        if self._image and self._augmentation:
            features = augment(features, self._image, self._augmentation)
        output = self._output(features)
        if not self.classifies:
            return functional.mse_loss(output[:, 0], targets)
        if self._class_weights is None:
            return functional.cross_entropy(output, targets)
        # PyTorch divides by the sum of a batch's weights, which differs between processes. Here,
        # their mean over all rows is 1.
        losses = functional.cross_entropy(output, targets, reduction="none")
        return (losses * self._class_weights.to(output.device)[targets]).mean()

    def on_validation_epoch_start(self) -> None:
        """Reset the sums of both splits: loss, hits or absolute errors, and examples."""
        self._sums = torch.zeros(2, 3, dtype=torch.float64)

    def validation_step(
        self, batch: tuple[Tensor, Tensor], batch_idx: int, dataloader_idx: int = 0
    ) -> None:
        """Add up a batch."""
        features, targets = batch
        output = self._output(features)
        if self.classifies:
            loss = functional.cross_entropy(output, targets, reduction="sum")
            score = (output.argmax(dim=1) == targets).sum()
        else:
            loss = functional.mse_loss(output[:, 0], targets, reduction="sum")
            score = (output[:, 0] - targets).abs().sum()
        self._sums[dataloader_idx] += torch.tensor([loss, score, len(targets)])

    def on_validation_epoch_end(self) -> None:
        """Write the epoch's row, to the progress bar and the logger too."""
        measure = "accuracy" if self.classifies else "mae"
        scores: dict[str, float] = {}
        for name, (loss, score, count) in zip(
            ("train", "validation"), self._sums.tolist(), strict=True
        ):
            scores |= {f"{name}_loss": loss / count, f"{name}_{measure}": score / count}
        self.curve.append({"step": self.current_epoch + 1, **scores})
        for name, value in scores.items():
            self.log(name, value, prog_bar=name == "validation_loss", sync_dist=True)

    def configure_optimizers(self) -> Any:
        """See `configs/optimizer/` and `configs/scheduler/`."""
        optimizer = instantiate(self.hparams["optimizer"], params=self.parameters())
        return [optimizer], [instantiate(self.hparams["scheduler"], optimizer=optimizer)]

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep what Lightning leaves out, so that a resumed run ends as one that never stopped."""
        checkpoint["curve"] = self.curve
        checkpoint["should_stop"] = self.trainer.should_stop

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Restore what `on_save_checkpoint` kept.

        Raises:
            UserError: The checkpoint is of a run with other hyperparameters.
        """
        kept = checkpoint["hyper_parameters"]
        if differ := [name for name in self.hparams if self.hparams[name] != kept.get(name)]:
            raise UserError(f"model.checkpoint: it was trained with another {', '.join(differ)}")
        self.curve = checkpoint["curve"]
        self.trainer.should_stop = checkpoint["should_stop"]
