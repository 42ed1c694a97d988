"""The record of a run while it runs: kept on the disk from its start to its end."""

import atexit
import dataclasses
import json
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .energy import EnergyMeter
from .measure import find_peak_memory
from .record import Record, Status, write
from .tracking import Tracking

HEARTBEAT = 10  # seconds


class Recording:
    """Writes the record at once, so that a run which is killed has one, and again at the end."""

    def __init__(self, record: Record, tracking: Tracking, country: str | None) -> None:
        """Start: from here on the run is measured.

        Args:
            record: What is known of the run before it starts.
            tracking: Where else the run is logged.
            country: Where the electricity comes from, for CO2.
        """
        self._tracking = tracking
        self._record = dataclasses.replace(record, tracking=tracking.start(record))
        self._meter = EnergyMeter(country)
        self._wall, self._cpu = time.perf_counter(), time.process_time()
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._write()
        threading.Thread(target=self._beat, daemon=True).start()
        atexit.register(self._interrupt)

    def end(self, status: Status, **facts: Any) -> None:
        """Write down how the run ended: `returned`, or `error` and `traceback`."""
        self._ended.set()
        atexit.unregister(self._interrupt)
        started = datetime.fromisoformat(self._record.start).timestamp()
        energy, co2 = self._meter.read()
        self._record = dataclasses.replace(
            self._record,
            status=status,
            end=now(),
            wall_seconds=time.perf_counter() - self._wall,
            cpu_seconds=time.process_time() - self._cpu,
            peak_memory=find_peak_memory(),
            metrics=_read_metrics(self._record.output / "metrics.json", started),
            artifacts=_list_artifacts(self._record.output, started),
            energy_kwh=energy,
            co2_kg=co2,
            **facts,
        )
        self._write()  # before the tracker, which gets the file
        tracked = self._tracking.finish(self._record)
        if tracked != self._record.tracking:
            self._record = dataclasses.replace(self._record, tracking=tracked)
            self._write()

    def _interrupt(self) -> None:
        """Record an interruption, at which Hydra calls nothing."""
        self.end("interrupted")

    def _beat(self) -> None:
        """Show every few seconds that the run is alive."""
        while not self._ended.wait(HEARTBEAT):
            self._write()

    def _write(self) -> None:
        with self._lock:
            self._record = dataclasses.replace(self._record, heartbeat=now())
            write(self._record)


def now() -> str:
    """The time as records have it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _read_metrics(path: Path, started: float) -> Any:
    """The contents of the `metrics.json` that the run wrote; None if it wrote none."""
    if not path.is_file() or path.stat().st_mtime < started - 1:
        return None
    return json.loads(path.read_text(encoding="utf-8"))


def _list_artifacts(folder: Path, started: float) -> list[str]:
    files = (path for path in folder.glob("*") if path.is_file())
    return sorted(path.name for path in files if path.stat().st_mtime >= started - 1)
