"""Split the raw data."""

from pathlib import Path

import numpy as np
import polars as pl
from sklearn.model_selection import train_test_split

PROCESSED = Path("data/processed/split_0")

table = pl.read_parquet("data/raw/digits.parquet").with_row_index("__row__")
labels = table["label"].to_numpy()
rest, test = train_test_split(np.arange(table.height), test_size=0.2, stratify=labels, random_state=0)
train, validation = train_test_split(rest, test_size=0.2 / 0.8, stratify=labels[rest], random_state=0)
PROCESSED.mkdir(parents=True, exist_ok=True)
for name, rows in {"train": train, "validation": validation, "test": test}.items():
    table[np.sort(rows)].write_parquet(PROCESSED / f"{name}.parquet")
    print(f"{name}: {len(rows)} rows")
