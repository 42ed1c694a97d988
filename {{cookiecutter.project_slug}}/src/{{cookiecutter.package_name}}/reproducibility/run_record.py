"""What each run was, beside its log: a Hydra callback, so that no script has a line for it."""

import atexit
import json
import logging
import os
import sys
import threading
import time
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.core.utils import JobReturn, JobStatus
from hydra.experimental.callback import Callback
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from .surroundings import describe_code, describe_machine, describe_packages, find_peak_memory
from .trackers.protocol import Run, Tracker
from .trackers.tracking import Tracking

log = logging.getLogger(__name__)


class RunRecord(Callback):
    """Writes `run.json` and `.hydra/resolved.yaml` into each run's directory.

    The record is there, with the status `running`, before the script starts: one whose process was
    killed keeps it.
    """

    def __init__(self, country: str | None = None, tracker: Tracker | None = None) -> None:
        """Make the callback.

        Args:
            country: Where the electricity comes from (ISO 3166-1 alpha-3); without it, CodeCarbon's
                CO2 is not recorded.
            tracker: What else is told of each run.
        """
        self._country = country
        # Here, since a launcher may send this to a process that has a command line of its own
        self._command = ["python", *sys.orig_argv[1:]]
        self._directory = Path()
        self._record: dict[str, Any] = {}
        self._carbon: Any = None
        self._tracking = Tracking(tracker)
        self._sweep: str | None = None

    def on_multirun_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Stop a sweep before it starts, where its tracker is not there."""
        self._tracking.connect(config.hydra.sweep.dir)
        # SQLite, where a search keeps its trials, makes no folder.
        Path(config.hydra.sweep.dir).mkdir(parents=True, exist_ok=True)

    def on_job_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Write down what is about to run."""
        hydra = HydraConfig.get()
        if hydra.mode is RunMode.MULTIRUN:
            self._sweep = hydra.sweep.dir
        else:
            self._tracking.connect(None)
        self._directory = Path(hydra.runtime.output_dir)
        self._record = {}
        if find_completed(config):
            log.info("%s has completed this run before: kept.", self._directory)
            return
        seen = _leave_out_hydra(config)
        OmegaConf.save(seen, self._directory / ".hydra" / "resolved.yaml", resolve=True)
        self._record = {
            "script": hydra.job.name,
            "command": self._command,
            "overrides": list(hydra.overrides.task),
            "config": OmegaConf.to_container(seen, resolve=True),
            "seed": config.get("seed"),
            "sweep": _describe_sweep(),
            "status": "running",
            "start": _now(),
            "pid": os.getpid(),
            "code": describe_code(),
            "packages": describe_packages(),
            "machine": describe_machine(),
        }
        if differ := [
            f"{name} {version} is installed, the lock has {locked}"
            for name, (version, locked) in self._record["packages"]["differ"].items()
            if locked
        ]:
            log.warning("%s: `make setup` installs what the lock names.", "; ".join(differ[:3]))
        self._lock = threading.Lock()
        self._record |= self._tracking.start(self._run)
        self._carbon = _start_carbon(self._country)
        self._wall, self._cpu = time.perf_counter(), time.process_time()
        self._ended = threading.Event()
        self._write()
        threading.Thread(target=self._beat, args=(self._ended,), daemon=True).start()
        atexit.register(self._close)

    def on_job_end(self, config: DictConfig, job_return: JobReturn, **kwargs: Any) -> None:
        """Write down how it ended."""
        if not self._record:
            return
        if job_return.status is JobStatus.COMPLETED:
            self._end("completed", returned=job_return._return_value)
            return
        error = job_return._return_value
        if self._record["sweep"]:  # whose other runs hide what this one printed
            error.add_note(f"[{self._directory}: see its log and run.json]")
        self._end(
            "failed",
            error=f"{type(error).__name__}: {error}".splitlines()[0],
            traceback="".join(traceback.format_exception(error)),
        )

    def _close(self) -> None:
        """Hydra calls nothing at the end of a run that was interrupted."""
        if self._record.get("status") == "running":
            self._end("interrupted")

    def _end(self, status: str, **facts: Any) -> None:
        output = Path(self._record["config"]["paths"]["output"])
        started = datetime.fromisoformat(self._record["start"]).timestamp()
        self._record |= {
            "status": status,
            "end": _now(),
            "wall_seconds": time.perf_counter() - self._wall,
            "cpu_seconds": time.process_time() - self._cpu,
            "peak_memory": find_peak_memory(),
            "metrics": _read_metrics(output / "metrics.json", started),
            "artifacts": sorted(
                path.name
                for path in output.glob("*")
                if path.is_file() and path.stat().st_mtime >= started - 1
            ),
            **facts,
        }
        if self._carbon is not None:
            self._carbon.stop()
            used = self._carbon.final_emissions_data
            co2 = used.emissions if self._country else None  # it depends on the country
            self._record |= {"energy_kwh": used.energy_consumed, "co2_kg": co2}
        self._ended.set()
        self._write()  # before the tracker, which gets the file
        self._record |= self._tracking.finish(self._run)
        self._write()

    @property
    def _run(self) -> Run:
        return Run(self._record, self._directory, self._sweep)

    def _beat(self, ended: threading.Event) -> None:
        """Show every ten seconds that the run is alive."""
        while not ended.wait(10):
            self._write()

    def _write(self) -> None:
        """Whole or not at all: whoever reads a record never sees half of one."""
        with self._lock:
            self._record["heartbeat"] = _now()
            self._write_now()

    def _write_now(self) -> None:
        path = self._directory / "run.json"
        text = json.dumps(self._record, indent=2, ensure_ascii=False, default=str)
        path.with_suffix(".part").write_text(text + "\n", encoding="utf-8", newline="\n")
        path.with_suffix(".part").replace(path)


def find_completed(config: DictConfig) -> dict[str, Any] | None:
    """The record of this very run, where an earlier start of the same sweep has completed it.

    It is the same if the configuration, the commit and the packages are, no file differs from the
    commit, and what it wrote is there.

    Args:
        config: As Hydra composed it, with or without its own part.
    """
    path = Path(HydraConfig.get().runtime.output_dir) / "run.json"
    if HydraConfig.get().mode is not RunMode.MULTIRUN or not path.is_file():
        return None
    record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if record["status"] != "completed":  # as that of the run that has just begun
        return None
    seen = _leave_out_hydra(config)
    now = {
        "config": OmegaConf.to_container(seen, resolve=True),
        "packages": describe_packages(),
    }
    code = describe_code()
    same = (
        json.loads(json.dumps(now, default=str)) == {key: record.get(key) for key in now}
        and record["code"]["commit"] == code["commit"]
        and not record["code"]["dirty"]
        and not code["dirty"]
    )
    output = Path(seen.paths.output)
    return record if same and all((output / n).is_file() for n in record["artifacts"]) else None


def _leave_out_hydra(config: DictConfig) -> DictConfig:
    """The application's own configuration."""
    return OmegaConf.masked_copy(config, [str(key) for key in config if key != "hydra"])


def _describe_sweep() -> dict[str, str | None] | None:
    """Who chose the values of this run, and what runs it; None outside a sweep."""
    hydra = HydraConfig.get()
    if hydra.mode is not RunMode.MULTIRUN:
        return None
    return {
        "sweeper": hydra.runtime.choices["hydra/sweeper"],
        "launcher": hydra.runtime.choices["hydra/launcher"],
        "study": hydra.sweeper.get("study_name"),
        "direction": getattr(hydra.sweeper.get("direction"), "name", None),
    }


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _read_metrics(path: Path, started: float) -> Any:
    """What the run wrote to its `metrics.json`; None if it wrote none."""
    if not path.is_file() or path.stat().st_mtime < started - 1:
        return None
    return json.loads(path.read_text(encoding="utf-8"))


def _start_carbon(country: str | None) -> Any:
    """CodeCarbon's tracker, where the extra `carbon` is installed; it asks no network."""
    try:
        from codecarbon import OfflineEmissionsTracker
    except ImportError:
        return None
    tracker = OfflineEmissionsTracker(
        country_iso_code=country or "USA", save_to_file=False, log_level="error"
    )
    tracker.start()
    return tracker
