"""Convolutional network, for features that are the pixels of a square image."""

from __future__ import annotations

from itertools import pairwise
from math import isqrt
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, PositiveInt
from pydantic.dataclasses import dataclass

from workbench.errors import UserError

from ...config import STRICT
from .lightning_model import LightningModel

if TYPE_CHECKING:
    from torch import nn


@dataclass(config=STRICT, kw_only=True)
class CNN(LightningModel):
    """Convolutions and pooling: Y. LeCun et al., Proc. IEEE 86, 1998, doi:10.1109/5.726791."""

    channels: Annotated[list[PositiveInt], Field(min_length=1)]  # of each convolution
    kernel_size: PositiveInt  # pixels
    dropout: Annotated[float, Field(ge=0, lt=1)]

    def make_network(self, n_features: int, n_outputs: int) -> nn.Module:
        """See `LightningModel.make_network`.

        Raises:
            UserError: The features are no square image, or one too small to be halved so often.
        """
        from torch import nn

        side = isqrt(n_features)
        last = side >> len(self.channels)
        if side**2 != n_features or last == 0:
            raise UserError(
                f"model.channels: {n_features} features are no square image that can be halved "
                f"{len(self.channels)} times"
            )
        layers: list[nn.Module] = [nn.Unflatten(1, (1, side, side))]
        for depth, next_depth in pairwise([1, *self.channels]):
            convolution = nn.Conv2d(depth, next_depth, self.kernel_size, padding="same")
            layers += [convolution, nn.ReLU(), nn.MaxPool2d(2)]
        layers += [nn.Flatten(), nn.Dropout(self.dropout)]
        return nn.Sequential(*layers, nn.Linear(self.channels[-1] * last**2, n_outputs))
