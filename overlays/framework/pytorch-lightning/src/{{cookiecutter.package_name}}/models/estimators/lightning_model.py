"""What the networks share: training by Lightning and the export to ONNX."""

from __future__ import annotations

import logging
import pickle
import sys
import warnings
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import polars as pl
from hydra.utils import instantiate
from pydantic import NonNegativeInt, PositiveInt, TypeAdapter, field_validator
from pydantic.dataclasses import dataclass

from workbench.errors import UserError

from ...config import STRICT

if TYPE_CHECKING:
    import onnx
    import torch
    from torch import nn

    from workbench.data.images import Shape

    from ...features.examples import Examples

# Warnings about what is intended here: data in memory need no workers, a resumed run writes to its
# old folder, and a command on a cluster's login node need not be a job.
EXPECTED = (
    ".*does not have many workers",
    ".*exists and is not empty",
    ".*`srun` command is available",
    ".*is deprecated, use `isinstance",
)


@dataclass(config=STRICT, kw_only=True)
class LightningModel(ABC):
    """A classifier or regressor whose network Lightning trains."""

    class_weight: Literal["balanced"] | None  # balanced: rare classes count as much
    batch_size: PositiveInt  # of a step, over all processes
    num_workers: NonNegativeInt  # processes that prepare batches
    compile: bool  # by torch.compile
    checkpoint: Path | None  # to go on from
    augmentation: dict[str, Any]  # these four as in `configs/`: `fit` creates them
    optimizer: dict[str, Any]
    scheduler: dict[str, Any]
    trainer: dict[str, Any]

    @field_validator("trainer")
    @classmethod
    def _train_for_an_epoch(cls, trainer: dict[str, Any]) -> dict[str, Any]:
        epochs = trainer.get("max_epochs")
        if not isinstance(epochs, int) or epochs < 1:
            raise ValueError(f"max_epochs should be a whole number from 1 on, not {epochs!r}")
        return trainer

    @abstractmethod
    def make_network(self, n_features: int, n_outputs: int, image: Shape | None) -> nn.Module:
        """A network with random weights.

        Args:
            n_features: The features float32 [n, n_features] that it takes.
            n_outputs: It gives float32 [n, n_outputs].
            image: The height, width and channels of the image that the first features are, if any.
        """

    def fit(self, train: Examples, validation: Examples, seed: int, threads: int) -> pl.DataFrame:
        """See `Model.fit`.

        Raises:
            UserError: `checkpoint` is not from a run like this one, a batch cannot be shared out
                evenly to the processes, or there is no image to augment.
            MemoryError: The network does not fit.
        """
        import torch  # slow, and only where models are trained
        from lightning.pytorch import seed_everything

        from .datamodule import SplitDataModule
        from .task import Task

        for name in ("lightning.fabric", "lightning.pytorch"):
            logging.getLogger(name).setLevel(logging.WARNING)
        logging.getLogger("lightning.pytorch.profilers").setLevel(logging.INFO)  # when asked for
        torch.set_num_threads(threads)
        seed_everything(seed, workers=True, verbose=False)
        self._n_features = train.n_features
        try:
            network = self.make_network(self._n_features, train.n_classes or 1, train.image)
        except RuntimeError as error:
            if "allocate memory" not in str(error):
                raise
            raise MemoryError(str(error).splitlines()[0]) from error
        self._task = Task(
            network,
            self._describe(seed),
            self._weigh(train),
            seed,
            classifies=train.n_classes is not None,
            image=train.image,
            augmentation=self._make_augmentation(train.image),
            compile=self.compile,
        )
        with warnings.catch_warnings():
            for expected in EXPECTED:
                warnings.filterwarnings("ignore", expected)
            # Without a terminal (DVC in CI, a cluster) there is nobody to see the bar.
            trainer = instantiate(
                self.trainer,
                enable_progress_bar=sys.stderr.isatty(),
                enable_model_summary=False,
                num_sanity_val_steps=0,
                use_distributed_sampler=False,
            )
            batch_size = min(self.batch_size, len(train.targets))
            if batch_size % (processes := trainer.world_size):
                raise UserError(
                    f"model.batch_size: {batch_size} is no multiple of {processes} processes"
                )
            data = SplitDataModule(train, validation, seed, batch_size, self.num_workers)
            try:
                trainer.fit(self._task, data, ckpt_path=self.checkpoint, weights_only=True)
            except (FileNotFoundError, pickle.UnpicklingError, RuntimeError, KeyError) as error:
                if self.checkpoint is None:
                    raise
                reason = str(error).splitlines()[0]
                raise UserError(f"model.checkpoint: {self.checkpoint}: {reason}") from error
        if not trainer.is_global_zero:
            sys.exit()  # of several processes, the first one writes the results
        return pl.DataFrame(self._task.curve)

    def to_onnx(self) -> onnx.ModelProto:
        """See `Model.to_onnx`."""
        import torch

        for name in ("onnx_ir", "onnxscript", "torch.onnx"):
            logging.getLogger(name).setLevel(logging.ERROR)
        task = self._task.cpu().float().eval()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # PyTorch's, about itself
            program = torch.onnx.export(
                task,
                (torch.zeros(2, self._n_features),),
                input_names=["features"],
                output_names=["output"],
                dynamic_shapes={"features": {0: torch.export.Dim.DYNAMIC}},
                opset_version=21,
                verbose=False,
            )
        assert program is not None  # it would be, with a file to write to
        return program.model_proto

    def _make_augmentation(self, image: Shape | None) -> nn.Module | None:
        from torch import nn

        made: nn.Module = instantiate(self.augmentation)
        if isinstance(made, nn.Identity):
            return None
        if image is None:
            raise UserError("augmentation: no column of the data set holds an image")
        return made

    def _weigh(self, train: Examples) -> torch.Tensor | None:
        """The weight of each class [c], its share's inverse, with a mean of 1 over rows."""
        import torch

        if self.class_weight is None or train.n_classes is None:
            return None
        counts = torch.bincount(torch.tensor(train.targets), minlength=train.n_classes)
        return len(train.targets) / (train.n_classes * counts.float())

    def _describe(self, seed: int) -> dict[str, Any]:
        """The settings that must be the same in a resumed run."""
        values: dict[str, Any] = TypeAdapter(type(self)).dump_python(self)
        for name in ("checkpoint", "compile", "num_workers", "trainer"):
            del values[name]
        return {"seed": seed, "max_epochs": self.trainer["max_epochs"], **values}
