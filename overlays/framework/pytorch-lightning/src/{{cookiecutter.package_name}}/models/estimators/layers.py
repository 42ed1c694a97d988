"""What is random in a training step: the same, however many processes share out the batch."""

import numpy as np
import torch
from torch import Tensor, distributed, nn


def seed_step(seed: int, epoch: int, step: int, device: torch.device) -> None:
    """Make what is random in a step depend on these numbers alone, not on earlier steps.

    `torch.manual_seed` would do the same for every kind of device, and takes longer than a step.
    """
    state = int(np.random.SeedSequence([seed, epoch, step]).generate_state(1)[0])
    torch.default_generator.manual_seed(state)
    if device.type == "cuda":
        torch.cuda.manual_seed(state)


def draw(n_examples: int, *shape: int, device: torch.device) -> Tensor:
    """Random numbers from 0 to 1 for the examples of this process, float32 [n_examples, ...].

    Each process draws those of the whole batch, and takes the ones of its own examples. All have
    the same state of the generator, by `seed_step`.
    """
    processes, place = 1, 0
    if distributed.is_available() and distributed.is_initialized():
        processes, place = distributed.get_world_size(), distributed.get_rank()
    return torch.rand(n_examples * processes, *shape, device=device)[place::processes]


class Dropout(nn.Dropout):
    """Dropout whose masks, unlike PyTorch's, do not depend on the number of processes."""

    def forward(self, values: Tensor) -> Tensor:
        """Set some of the values [n, …] to 0 in training, and enlarge the others."""
        if not self.training or not self.p:
            return values
        kept = draw(*values.shape, device=values.device) >= self.p
        return values * kept / (1 - self.p)
