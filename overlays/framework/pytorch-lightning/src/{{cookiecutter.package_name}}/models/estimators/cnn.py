"""Convolutional network, for images, with or without other columns beside them."""

from __future__ import annotations

from itertools import pairwise
from math import prod
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, PositiveInt
from pydantic.dataclasses import dataclass

from workbench.errors import UserError

from ...config import STRICT
from .lightning_model import LightningModel

if TYPE_CHECKING:
    from torch import nn

    from workbench.data.images import Shape


@dataclass(config=STRICT, kw_only=True)
class CNN(LightningModel):
    """Convolutions and pooling: Y. LeCun et al., Proc. IEEE 86, 1998, doi:10.1109/5.726791."""

    channels: Annotated[list[PositiveInt], Field(min_length=1)]  # of each convolution
    kernel_size: PositiveInt  # pixels
    dropout: Annotated[float, Field(ge=0, lt=1)]

    def make_network(self, n_features: int, n_outputs: int, image: Shape | None) -> nn.Module:
        """See `LightningModel.make_network`.

        Raises:
            UserError: There is no image, or one too small to be halved so often.
        """
        from torch import nn

        from .image_branch import ImageBranch
        from .layers import Dropout

        if image is None:
            raise UserError("model: cnn takes an image, and no column of the data set holds one")
        height, width, depth = image
        last = (height >> len(self.channels)) * (width >> len(self.channels))
        if last == 0:
            raise UserError(
                f"model.channels: an image of {width}×{height} pixels cannot be halved "
                f"{len(self.channels)} times"
            )
        layers: list[nn.Module] = []
        for before, after in pairwise([depth, *self.channels]):
            convolution = nn.Conv2d(before, after, self.kernel_size, padding="same")
            layers += [convolution, nn.ReLU(), nn.MaxPool2d(2)]
        n_joined = self.channels[-1] * last + n_features - prod(image)
        return nn.Sequential(
            ImageBranch(image, nn.Sequential(*layers)),
            Dropout(self.dropout),
            nn.Linear(n_joined, n_outputs),
        )
