"""Write the digits as raw data, checked."""

from pathlib import Path

import numpy as np
import polars as pl
from sklearn.datasets import load_digits

digits = load_digits()
pixels = np.round(digits.images * (255 / 16)).astype(np.uint8)
table = pl.DataFrame({"image": [image.tobytes() for image in pixels]})
table = table.with_columns(pl.Series("label", digits.target).cast(pl.String))
assert table.height == 1797
assert (table["image"].bin.size() == 64).all()
assert set(table["label"]) == set("0123456789")
assert not table.is_duplicated().any()
path = Path("data/raw/digits.parquet")
path.parent.mkdir(parents=True, exist_ok=True)
table.write_parquet(path)
print(f"{path}: {table.height} rows, {table.width} columns")
