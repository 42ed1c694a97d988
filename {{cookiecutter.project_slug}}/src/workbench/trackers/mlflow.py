"""MLflow: a file of SQLite in the project, or a server."""

import logging
import os
from typing import Any

from ..errors import UserError, describe_cause
from ..project import find_project
from ..record.record import Record
from .package import import_package

STATUSES = {"completed": "FINISHED", "failed": "FAILED", "interrupted": "KILLED"}
# Give up soon on a server that does not answer, and send no telemetry.
SETTINGS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}


class MLflow:
    """Logs each run to MLflow; the jobs of a sweep are below a run that stands for it."""

    name = "mlflow"

    def __init__(self, experiment: str, uri: str | None = None) -> None:
        """Make the tracker.

        Args:
            experiment: MLflow's name for the runs of a project.
            uri: A server; without one, the file `mlflow.db` in the project.
        """
        self._experiment = experiment
        self._uri = uri or f"sqlite:///{find_project() / 'mlflow.db'}"
        self._parent: str | None = None

    def connect(self, sweep: str | None) -> None:
        """Find or make the experiment and, for a sweep, its run."""
        mlflow = self._open()
        if sweep is not None:
            with mlflow.start_run(run_name=sweep) as parent:
                self._parent = parent.info.run_id

    def start(self, record: Record) -> str:
        """Make a run, with its parameters.

        Returns:
            Its id.
        """
        mlflow = self._open()
        mlflow.end_run("FAILED")  # an earlier job's, where the server was lost meanwhile
        tags = {"script": record.script, "commit": record.code.describe()}
        started = mlflow.start_run(run_name=record.name, tags=tags, parent_run_id=self._parent)
        mlflow.log_params(record.parameters)
        return str(started.info.run_id)

    def finish(self, record: Record) -> None:
        """Add metrics, record and model, and end the run."""
        import mlflow

        try:
            for step, values in record.steps:
                mlflow.log_metrics(values, step)
            file, *models = record.files
            mlflow.log_artifact(str(file))
            for path in models:
                import mlflow.onnx
                import onnx

                # With what it needs, or MLflow would load the model to find out.
                mlflow.onnx.log_model(
                    onnx.load_model(path), name="model", pip_requirements=["onnx", "onnxruntime"]
                )
        finally:
            mlflow.end_run(STATUSES[record.status])

    def _open(self) -> Any:
        for name, value in SETTINGS.items():
            os.environ.setdefault(name, value)
        logging.getLogger("urllib3").setLevel(logging.ERROR)  # each try would be a line
        mlflow = import_package(self.name)
        try:
            mlflow.set_tracking_uri(self._uri)
            mlflow.set_experiment(self._experiment)
        except Exception as error:
            raise UserError(
                f"tracker=mlflow: {self._uri} cannot be used: {describe_cause(error)}"
            ) from error
        return mlflow
