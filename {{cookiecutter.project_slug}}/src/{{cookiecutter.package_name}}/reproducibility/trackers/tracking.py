"""A tracker that stops no run once it has started."""

import logging
import os
import sys
from collections.abc import Callable
from typing import Any

from ...errors import UserError
from .protocol import Run, Tracker, find_reason

log = logging.getLogger(__name__)
# Where one of them is not 0, another process of the same run tells the tracker of it.
RANKS = ("RANK", "LOCAL_RANK", "NODE_RANK", "SLURM_PROCID")


class Tracking:
    """Calls a tracker, if there is one, and says for the run's record what came of it."""

    def __init__(self, tracker: Tracker | None) -> None:
        self._tracker = tracker

    def connect(self, sweep: str | None) -> None:
        """Exit with one line where the tracker is not there."""
        tracker = self._find()
        if tracker is not None:
            try:
                tracker.connect(sweep)
            except UserError as error:
                sys.exit(str(error))

    def start(self, run: Run) -> dict[str, Any]:
        """Show that a run has started."""
        tracker = self._find()
        if tracker is None:
            return {}
        facts = {"tracker": tracker.name, "run": None, "error": None}
        return self._try(facts, lambda: facts.update(run=tracker.start(run)))

    def finish(self, run: Run) -> dict[str, Any]:
        """Hand over how a run ended, unless its start has failed."""
        tracker = self._find()
        facts = run.record.get("tracking")
        if tracker is None or facts is None or facts["error"]:
            return {}
        return self._try(facts, lambda: tracker.finish(run))

    def _find(self) -> Tracker | None:
        first = all(os.environ.get(name, "0") == "0" for name in RANKS)
        return self._tracker if first else None

    def _try(self, facts: dict[str, Any], step: Callable[[], None]) -> dict[str, Any]:
        try:
            step()
        except Exception as error:
            facts["error"] = find_reason(error)
            log.warning("tracker=%s fails, the run does not: %s", facts["tracker"], facts["error"])
        return {"tracking": facts}
