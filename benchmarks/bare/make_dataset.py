"""Write the digits as raw data, and check them."""

from pathlib import Path

import polars as pl
from sklearn.datasets import load_digits

digits = load_digits()
names = [f"pixel_{row}_{column}" for row in range(8) for column in range(8)]
table = pl.DataFrame(digits.data.astype("int64"), schema=names)
table = table.with_columns(pl.Series("label", digits.target, dtype=pl.Int64))
path = Path("data/raw/digits.csv")
path.parent.mkdir(parents=True, exist_ok=True)
table.write_csv(path)

table = pl.read_csv(path)
assert table.columns == [*names, "label"]
assert all(column.is_between(0, 16).all() for column in table[names])
assert table["label"].is_between(0, 9).all()
assert not table.is_duplicated().any()
print(f"{path}: {table.height} rows, {table.width} columns")
