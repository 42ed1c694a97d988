"""Three rows of the test split, and what the first seed's model predicts for them, as JSON."""

import json

import polars as pl

test = pl.read_parquet("data/processed/test.parquet").head(3)
predictions = pl.read_parquet("reports/predictions.parquet").filter(seed=0).head(3)
records = json.loads(test.drop("__row__", "label").write_json())
print(json.dumps([records, predictions["predicted"].cast(int).to_list()]))
