"""A data set of a user's own."""

import polars as pl
from sklearn.datasets import load_wine


def load():
    wine = load_wine()
    return pl.DataFrame(wine.data, schema=wine.feature_names).with_columns(cultivar=wine.target)
