"""Three rows of the test split, and what the first seed's model predicts for them, as JSON."""

import json

import polars as pl

test = pl.read_parquet("data/processed/test.parquet").head(3)
predictions = pl.read_parquet("reports/predictions.parquet").filter(seed=0).head(3)
print(json.dumps([test.drop("label").to_numpy().tolist(), predictions["predicted"].to_list()]))
