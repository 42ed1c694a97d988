"""The splits as batches."""

from typing import Any

import numpy as np
import torch
from lightning.pytorch import LightningDataModule
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, DistributedSampler

from ...features.examples import Examples

Batches = DataLoader[tuple[Tensor, Tensor]]  # features [n, d] and targets [n]
EVALUATED = 1024  # examples of a batch that is evaluated, at most
NUMBERS = 2**24  # features of such a batch, at most


class Split(Dataset[tuple[Tensor, Tensor]]):
    """A split whose features are computed batch by batch: an image takes a byte for each number."""

    def __init__(self, examples: Examples) -> None:
        """Take the examples of the split."""
        self._examples = examples

    def __len__(self) -> int:
        return len(self._examples.targets)

    def __getitems__(self, rows: list[int]) -> tuple[Tensor, Tensor]:
        """The batch of these rows: PyTorch calls this method where there is one."""
        places = np.asarray(rows)
        features, targets = self._examples.select(places), self._examples.targets[places]
        return torch.from_numpy(features), torch.from_numpy(targets)


class SplitDataModule(LightningDataModule):
    """Batches that depend on the seed and the epoch, and on nothing else.

    So a run that is resumed goes on with the batches it would have had, and several processes share
    those of one: each gets its part of every batch.
    """

    def __init__(
        self, train: Examples, validation: Examples, seed: int, batch_size: int, num_workers: int
    ) -> None:
        """Make the batches; `batch_size` is a multiple of the number of processes."""
        super().__init__()
        self._train, self._validation = Split(train), Split(validation)
        self._evaluated = max(1, min(EVALUATED, NUMBERS // train.n_features))
        self._seed = seed
        self._batch_size = batch_size
        self._num_workers = num_workers

    def train_dataloader(self) -> Batches:
        """The training split in a new order each epoch, without its last, smaller batch."""
        assert self.trainer is not None
        processes = self.trainer.world_size
        # Lightning tells the sampler the epoch.
        order: DistributedSampler[Any] = DistributedSampler(
            self._train, processes, self.trainer.global_rank, shuffle=True, seed=self._seed
        )
        return DataLoader(
            self._train,
            self._batch_size // processes,
            sampler=order,
            collate_fn=_pass,
            num_workers=self._num_workers,
            persistent_workers=self._num_workers > 0,
            drop_last=True,
            generator=torch.Generator().manual_seed(self._seed),  # of the workers
        )

    def val_dataloader(self) -> list[Batches]:
        """The whole training split, then the whole validation split."""
        splits = self._train, self._validation
        return [DataLoader(split, self._evaluated, collate_fn=_pass) for split in splits]


def _pass(batch: Any) -> Any:
    """What `__getitems__` gives is a batch already."""
    return batch
