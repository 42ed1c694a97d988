"""So many times the digits as a CSV file: for each pixel a column, with a number from 0 to 16."""

import sys
from pathlib import Path

import numpy as np
import polars as pl
from sklearn.datasets import load_digits

digits = load_digits()
names = [f"pixel_{row}_{column}" for row in range(8) for column in range(8)]
generator = np.random.default_rng(0)
with Path(sys.argv[2]).open("wb") as file:
    for copy in range(int(sys.argv[1])):
        pixels = digits.data.astype(np.int64)  # noise in half of the pixels: no two rows are equal
        noise = generator.integers(17, size=pixels.shape)
        pixels = np.where(generator.random(noise.shape) < 0.5 * (copy > 0), noise, pixels)
        table = pl.DataFrame(pixels, schema=names).with_columns(label=pl.Series(digits.target))
        table.write_csv(file, include_header=copy == 0)
