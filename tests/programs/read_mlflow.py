"""What a client of MLflow finds, as JSON."""

import json
from pathlib import Path

import mlflow
import mlflow.onnx

client = mlflow.MlflowClient()
experiment = client.get_experiment_by_name("my-ml-project")
runs = []
for run in client.search_runs([experiment.experiment_id], order_by=["attributes.start_time"]):
    identity = run.info.run_id
    curves = {
        name: [(point.step, point.value) for point in client.get_metric_history(identity, name)]
        for name in run.data.metrics
    }
    files = [file.path for file in client.list_artifacts(identity)]
    record = None
    if "run.json" in files:
        record = json.loads(Path(client.download_artifacts(identity, "run.json")).read_text())
    models = [output.model_id for output in run.outputs.model_outputs] if run.outputs else []
    nodes = [len(mlflow.onnx.load_model(f"models:/{model}").graph.node) for model in models]
    facts = {"id": identity, "name": run.info.run_name, "status": run.info.status}
    runs.append(
        facts
        | {
            "tags": run.data.tags,
            "params": run.data.params,
            "curves": curves,
            "record": record,
            "nodes": nodes,
        }
    )
print(json.dumps(runs))
