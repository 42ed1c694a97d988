"""The splits as batches."""

from typing import Any

import torch
from lightning.pytorch import LightningDataModule
from torch.utils.data import DataLoader, DistributedSampler, TensorDataset

from ...features.examples import Examples

Batches = DataLoader[tuple[torch.Tensor, ...]]  # features [n, d] and targets [n]


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
        self._train, self._validation = _to_dataset(train), _to_dataset(validation)
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
            num_workers=self._num_workers,
            persistent_workers=self._num_workers > 0,
            drop_last=True,
            generator=torch.Generator().manual_seed(self._seed),  # of the workers
        )

    def val_dataloader(self) -> list[Batches]:
        """The whole training split, then the whole validation split."""
        return [DataLoader(split, batch_size=1024) for split in (self._train, self._validation)]


def _to_dataset(split: Examples) -> TensorDataset:
    # Copies: a table's memory may be read-only, and PyTorch has no such tensors.
    return TensorDataset(torch.tensor(split.features), torch.tensor(split.targets))
