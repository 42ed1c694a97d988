"""A source of data that stops the server in the middle of a run."""

import os
import signal
from pathlib import Path

from .digits import load as load_digits


def load():
    os.kill(int(os.environ["SERVER"]), signal.SIGTERM)
    while Path("/proc", os.environ["SERVER"]).exists():  # until the test has seen it end
        pass
    return load_digits()
