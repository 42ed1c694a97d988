"""So many times the rows of the raw data, as a CSV file."""

import sys
from pathlib import Path

import numpy as np
import polars as pl

digits = pl.read_parquet("data/raw/digits.parquet").cast(pl.Int64)
generator = np.random.default_rng(0)
with Path(sys.argv[2]).open("wb") as file:
    for copy in range(int(sys.argv[1])):
        rows = digits.to_numpy().copy()  # noise in half of the pixels: no two rows are equal
        noise = generator.integers(17, size=(len(rows), 64))
        rows[:, :64] = np.where(generator.random(noise.shape) < 0.5 * (copy > 0), noise, rows[:, :64])
        pl.DataFrame(rows, schema=digits.columns).write_csv(file, include_header=copy == 0)
