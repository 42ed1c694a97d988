"""What a tracker does, and how it is called: its failure stops no run that has started."""

import dataclasses
import logging
import os
import sys
from typing import Protocol

from ..errors import UserError, describe_cause
from .record import Record, Tracked

log = logging.getLogger(__name__)
# If one of them is not 0, another process of the same run reports to the tracker.
RANKS = ("RANK", "LOCAL_RANK", "NODE_RANK", "SLURM_PROCID")


class Tracker(Protocol):
    """A tracker that `configs/tracker/*.yaml` names."""

    name: str  # of its package, its extra and its configuration file

    def connect(self, sweep: str | None) -> None:
        """Check that the tool is available, before a run or a sweep (in that directory) starts.

        Raises:
            UserError: It is not installed, or does not answer within seconds.
        """
        ...

    def start(self, record: Record) -> str:
        """Show that a run has started, and return the tool's name for it."""
        ...

    def finish(self, record: Record) -> None:
        """Hand over how the run ended, its metrics and its files."""
        ...


class Tracking:
    """Calls a tracker, if there is one and this process is the first of its run."""

    def __init__(self, tracker: Tracker | None) -> None:
        self._tracker = tracker

    def connect(self, sweep: str | None) -> None:
        """Exit with one line if the tracker is not there."""
        if tracker := self._find():
            try:
                tracker.connect(sweep)
            except UserError as error:
                sys.exit(str(error))

    def start(self, record: Record) -> Tracked | None:
        """Show that a run has started."""
        tracker = self._find()
        if tracker is None:
            return None
        try:
            return Tracked(tracker.name, tracker.start(record), error=None)
        except Exception as error:
            return _report(Tracked(tracker.name, None, describe_cause(error)))

    def finish(self, record: Record) -> Tracked | None:
        """Hand over how a run ended, unless its start has failed."""
        tracker, tracked = self._find(), record.tracking
        if tracker is None or tracked is None or tracked.error:
            return tracked
        try:
            tracker.finish(record)
        except Exception as error:
            return _report(dataclasses.replace(tracked, error=describe_cause(error)))
        return tracked

    def _find(self) -> Tracker | None:
        first = all(os.environ.get(name, "0") == "0" for name in RANKS)
        return self._tracker if first else None


def _report(tracked: Tracked) -> Tracked:
    log.warning("tracker=%s failed, the run goes on: %s", tracked.tracker, tracked.error)
    return tracked
