"""A Hydra callback that keeps a record of each run, so that scripts need no code for it."""

import logging
import os
import sys
import traceback
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.core.utils import JobReturn
from hydra.experimental.callback import Callback
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from ..files import write_text
from ..project import find_project
from .measure import describe_code, describe_machine, describe_packages
from .record import Record, Sweep
from .recording import Recording, now
from .resume import find_completed, leave_out_hydra
from .tracking import Tracker, Tracking

log = logging.getLogger(__name__)


class RunRecord(Callback):
    """Writes `run.json` and `.hydra/resolved.yaml` into each run's directory."""

    def __init__(self, country: str | None = None, tracker: Tracker | None = None) -> None:
        """Make the callback.

        Args:
            country: Where the electricity comes from (ISO 3166-1 alpha-3), for CodeCarbon's CO2.
            tracker: Where else each run is logged.
        """
        self._country = country
        # Here, since a launcher may send this to a process that has a command line of its own
        self._command = ["python", *sys.orig_argv[1:]]
        self._tracking = Tracking(tracker)
        self._recording: Recording | None = None

    def on_multirun_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Stop a sweep before it starts if its tracker is not there."""
        self._tracking.connect(config.hydra.sweep.dir)
        # SQLite, where a search keeps its trials, makes no folder.
        Path(config.hydra.sweep.dir).mkdir(parents=True, exist_ok=True)

    def on_job_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Write down what is about to run."""
        if HydraConfig.get().mode is RunMode.RUN:
            self._tracking.connect(None)
        self._recording = None
        if find_completed(config):
            log.info("%s has completed this run before: kept.", _find_directory())
            return
        record = _describe_run(config, self._command)
        resolved = OmegaConf.to_yaml(leave_out_hydra(config), resolve=True)
        write_text(record.directory / ".hydra" / "resolved.yaml", resolved)
        _warn_of_packages(record)
        self._recording = Recording(record, self._tracking, self._country)

    def on_job_end(self, config: DictConfig, job_return: JobReturn, **kwargs: Any) -> None:
        """Write down how it ended."""
        if self._recording is None:
            return
        if error := find_error(job_return):
            if HydraConfig.get().mode is RunMode.MULTIRUN:  # other runs hide what this one printed
                error.add_note(f"[{_find_directory()}: see its log and run.json]")
            self._recording.end(
                "failed",
                error=f"{type(error).__name__}: {error}".splitlines()[0],
                traceback="".join(traceback.format_exception(error)),
            )
        else:
            self._recording.end("completed", returned=job_return.return_value)


def find_error(job_return: JobReturn) -> Exception | None:
    """The exception that a job of Hydra's has raised; None if it has completed."""
    try:
        with redirect_stderr(StringIO()):  # Hydra prints the overrides of a job that failed
            _ = job_return.return_value
    except Exception as error:
        return error
    return None


def _describe_run(config: DictConfig, command: list[str]) -> Record:
    hydra = HydraConfig.get()
    root = find_project(Path(hydra.runtime.cwd))
    values: Any = OmegaConf.to_container(leave_out_hydra(config), resolve=True)
    return Record(
        directory=_find_directory(),
        script=hydra.job.name,
        command=command,
        overrides=list(hydra.overrides.task),
        config=values,
        seed=config.get("seed"),
        sweep=_describe_sweep(),
        start=now(),
        pid=os.getpid(),
        code=describe_code(root),
        packages=describe_packages(root),
        machine=describe_machine(),
    )


def _describe_sweep() -> Sweep | None:
    """Who chose the values of this run, and what runs it; None outside a sweep."""
    hydra = HydraConfig.get()
    if hydra.mode is not RunMode.MULTIRUN:
        return None
    return Sweep(
        sweeper=hydra.runtime.choices["hydra/sweeper"],
        launcher=hydra.runtime.choices["hydra/launcher"],
        study=hydra.sweeper.get("study_name"),
        direction=getattr(hydra.sweeper.get("direction"), "name", None),
        directory=hydra.sweep.dir,
    )


def _warn_of_packages(record: Record) -> None:
    differ = [
        f"{name} {installed} is installed, the lock has {locked}"
        for name, (installed, locked) in record.packages.differ.items()
        if locked
    ]
    if differ:
        log.warning("%s: `make setup` installs the lock's versions.", "; ".join(differ[:3]))


def _find_directory() -> Path:
    return Path(HydraConfig.get().runtime.output_dir)
