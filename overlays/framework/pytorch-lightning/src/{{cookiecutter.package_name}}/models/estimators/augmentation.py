"""Random changes of images, in training only (`configs/augmentation/`).

An augmentation takes and returns images float32 [n, height, width, channels], and draws its random
numbers with `draw`, so that they depend on the seed and the step alone.
"""

from collections.abc import Sequence
from math import prod

import torch
from torch import Tensor, nn

from .layers import draw


class Flip(nn.Module):
    """Mirrors images, left for right."""

    def __init__(self, probability: float) -> None:
        """Mirror an image with this probability."""
        super().__init__()
        self._probability = probability

    def forward(self, images: Tensor) -> Tensor:
        """See the module."""
        mirrored = draw(len(images), 1, 1, 1, device=images.device) < self._probability
        return torch.where(mirrored, images.flip(2), images)


class Shift(nn.Module):
    """Moves images up or down and to a side; the pixels at the edge are repeated."""

    def __init__(self, pixels: int) -> None:
        """Move by so many pixels at most."""
        super().__init__()
        self._pixels = pixels

    def forward(self, images: Tensor) -> Tensor:
        """See the module."""
        n_images, height, width, _ = images.shape
        random = draw(n_images, 2, device=images.device)
        moves = (random * (2 * self._pixels + 1)).long() - self._pixels
        rows = (torch.arange(height, device=images.device) + moves[:, :1]).clamp(0, height - 1)
        columns = (torch.arange(width, device=images.device) + moves[:, 1:]).clamp(0, width - 1)
        places = torch.arange(n_images, device=images.device)
        return images[places[:, None, None], rows[:, :, None], columns[:, None, :]]


def augment(features: Tensor, image: Sequence[int], augmentation: nn.Module) -> Tensor:
    """Change the image that the first of the features float32 [n, d] are."""
    pixels, others = features[:, : prod(image)], features[:, prod(image) :]
    changed: Tensor = augmentation(pixels.reshape(-1, *image)).flatten(1)
    return torch.cat([changed, others], dim=1)
