"""Weights & Biases: files in `wandb/`, sent to its server at once or on request."""

import os
from typing import Any

from ..errors import UserError, describe_cause
from ..project import find_project
from ..record.record import Record
from .package import import_package


class WandB:
    """Logs each run to W&B; those of a sweep are a group."""

    name = "wandb"

    def __init__(self, project: str, mode: str) -> None:
        """Make the tracker.

        Args:
            project: W&B's name for the runs of a project.
            mode: `offline`, where `wandb sync` sends them later, or `online`.
        """
        self._project = project
        self._mode = mode
        self._run: Any = None

    def connect(self, sweep: str | None) -> None:
        """Check that W&B is installed and, if it is to send the runs, that it is logged in."""
        wandb = self._open()
        if self._mode == "offline":
            return
        if self._mode != "online":
            raise UserError(f"tracker=wandb: its mode is offline or online, not {self._mode!r}")
        try:
            known = wandb.login(prompt=False, timeout=10)
        except Exception as error:
            raise UserError(
                f"tracker=wandb: the server cannot be used: {describe_cause(error)}"
            ) from error
        if not known:
            raise UserError("tracker=wandb: no API key: `wandb login`, or WANDB_MODE=offline")

    def start(self, record: Record) -> str:
        """Make a run, with its configuration.

        Returns:
            Its id.
        """
        wandb = self._open()
        self._run = wandb.init(
            project=self._project,
            name=record.name,
            group=record.sweep.directory if record.sweep else None,
            job_type=record.script,
            config={**record.config, "commit": record.code.describe()},
            dir=str(find_project()),
            mode=self._mode,
            settings=wandb.Settings(console="off", init_timeout=10, silent=True),
        )
        return str(self._run.id)

    def finish(self, record: Record) -> None:
        """Add metrics, record and model, and end the run."""
        import wandb

        try:
            for step, values in record.steps:
                self._run.log(values, step=step)
            artifact = wandb.Artifact(f"{record.script}-{self._run.id}", type="run")
            for path in record.files:
                artifact.add_file(str(path), skip_cache=True)
            self._run.log_artifact(artifact)
        finally:
            self._run.finish(exit_code=int(record.status != "completed"))

    def _open(self) -> Any:
        # Not below the home directory, which keeps copies of what is sent later
        os.environ.setdefault("WANDB_DATA_DIR", str(find_project() / "wandb"))
        # Otherwise it reports errors and usage to its makers, offline as well.
        os.environ.setdefault("WANDB_ERROR_REPORTING", "false")
        return import_package(self.name)
