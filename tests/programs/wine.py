"""A data set of a user's own."""

import polars as pl
from sklearn.datasets import load_wine


def load():
    wine = load_wine()
    low, high = wine.data.min(axis=0), wine.data.max(axis=0)
    data = (wine.data - low) / (high - low)
    return pl.DataFrame(data, schema=wine.feature_names).with_columns(label=wine.target)
