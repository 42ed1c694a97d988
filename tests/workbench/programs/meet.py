"""A stage that opens one end of a named pipe, which waits until somebody opens the other end.

Arguments: the pipe, and `r` or `w`, which also names the output.
"""

import os
import sys
from pathlib import Path

pipe, mode = sys.argv[1:]
if Path("impatient").exists():
    os.close(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))  # fails where nobody reads
with Path(pipe).open(mode):
    pass
if Path("fails").exists() and Path("fails").read_text() == mode:
    sys.exit(f"{mode} fails")
Path(f"met_{mode}").write_text(mode)
