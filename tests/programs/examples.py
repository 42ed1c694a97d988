"""Three rows of the test split, and what the first seed's model predicts for them, as JSON."""

import json
from pathlib import Path

import polars as pl

columns = json.loads(Path("reports/examples.json").read_text(encoding="utf-8"))[0]["record"]
test = pl.read_parquet("data/processed/test.parquet").head(3)
predictions = pl.read_parquet("reports/predictions.parquet").filter(seed=0).head(3)
print(json.dumps([json.loads(test.select(*columns).write_json()), predictions["predicted"].to_list()]))
