"""A model of a user's own: a network with one layer."""

from pydantic import PositiveInt
from pydantic.dataclasses import dataclass

from ...config import STRICT
from .lightning_model import LightningModel


@dataclass(config=STRICT, kw_only=True)
class Mine(LightningModel):
    width: PositiveInt

    def make_network(self, n_features, n_outputs, image):
        from torch import nn

        return nn.Sequential(nn.Linear(n_features, self.width), nn.Tanh(), nn.Linear(self.width, n_outputs))
