"""Layers for the image alone, in a network that has other features beside it."""

from collections.abc import Sequence
from math import prod

import torch
from torch import Tensor, nn


class ImageBranch(nn.Module):
    """Passes the image through layers of its own, and puts the other features beside the result."""

    def __init__(self, image: Sequence[int], layers: nn.Module) -> None:
        """Make the branch.

        Args:
            image: Height, width and channels: its pixels are the first features, row by row.
            layers: They take float32 [n, channels, height, width].
        """
        super().__init__()
        self.layers = layers
        self._image = tuple(image)
        self._n_pixels = prod(image)

    def forward(self, features: Tensor) -> Tensor:
        """Replace the image in features, float32 [n, d], by the layers' output, flattened."""
        pixels, others = features[:, : self._n_pixels], features[:, self._n_pixels :]
        image = pixels.reshape(-1, *self._image).movedim(3, 1)
        found: Tensor = self.layers(image).flatten(1)
        return torch.cat([found, others], dim=1) if others.shape[1] else found
