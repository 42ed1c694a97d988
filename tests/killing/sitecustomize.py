"""Count every change that a Python process makes to files in `COUNTER`; kill everything at the `KILL_AT`-th.

Python imports this module at its start where this folder is on the PYTHONPATH.
"""

import os
import signal
import sys
from typing import Any

COUNTER, KILL_AT = os.environ["COUNTER"], int(os.environ["KILL_AT"])
CHANGES = {"os.mkdir", "os.remove", "os.rename", "os.rmdir", "shutil.copyfile", "subprocess.Popen"}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def count(event: str, arguments: tuple[Any, ...]) -> None:
    """Write a byte for a change: a line break where it is the one to `dvc.lock` that ends a stage."""
    writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITING
    if not (writes or event in CHANGES) or arguments[0] == COUNTER:
        return
    ends = writes and str(arguments[0]).endswith("dvc.lock")
    file = os.open(COUNTER, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, b"\n" if ends else b".")
    size = os.fstat(file).st_size
    os.close(file)
    if size == KILL_AT:
        os.killpg(0, signal.SIGKILL)


sys.addaudithook(count)
