"""Three rows of the test split, and what the first seed's model predicts for them, as JSON."""

import json
from pathlib import Path

import polars as pl
from my_ml_project.models.predict_model import to_records
from my_ml_project.models.predictor import Predictor

columns = Predictor(Path("models/split_0/seed_0/model.onnx")).columns
test = pl.read_parquet("data/processed/split_0/test.parquet").head(3)
predictions = pl.read_parquet("reports/predictions.parquet").filter(seed=0).head(3)
print(json.dumps([to_records(test, columns), predictions["predicted"].to_list()]))
