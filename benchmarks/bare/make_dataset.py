"""Write the digits as raw data, checked."""

from pathlib import Path

import polars as pl
from sklearn.datasets import load_digits

digits = load_digits()
names = [f"pixel_{row}_{column}" for row in range(8) for column in range(8)]
table = pl.DataFrame(digits.data, schema=names)
table = table.with_columns(pl.Series("label", digits.target).cast(pl.String))
assert table.height == 1797
assert all(column.is_between(0, 16).all() for column in table[names])
assert set(table["label"]) == set("0123456789")
assert not table.is_duplicated().any()
path = Path("data/raw/digits.parquet")
path.parent.mkdir(parents=True, exist_ok=True)
table.write_parquet(path)
print(f"{path}: {table.height} rows, {table.width} columns")
