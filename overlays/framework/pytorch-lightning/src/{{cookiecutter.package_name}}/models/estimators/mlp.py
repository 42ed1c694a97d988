"""Multi-layer perceptron."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, PositiveInt
from pydantic.dataclasses import dataclass

from ...config import STRICT
from .lightning_model import LightningModel

if TYPE_CHECKING:
    from torch import nn

    from workbench.data.images import Shape


@dataclass(config=STRICT, kw_only=True)
class MLP(LightningModel):
    """Rectified linear units, with dropout: N. Srivastava et al., JMLR 15, 2014."""

    hidden_layer_sizes: Annotated[list[PositiveInt], Field(min_length=1)]
    dropout: Annotated[float, Field(ge=0, lt=1)]

    def make_network(self, n_features: int, n_outputs: int, image: Shape | None) -> nn.Module:
        """See `LightningModel.make_network`."""
        from torch import nn

        from .layers import Dropout

        layers: list[nn.Module] = []
        for width, next_width in pairwise([n_features, *self.hidden_layer_sizes]):
            layers += [nn.Linear(width, next_width), nn.ReLU(), Dropout(self.dropout)]
        return nn.Sequential(*layers, nn.Linear(self.hidden_layer_sizes[-1], n_outputs))
