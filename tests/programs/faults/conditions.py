"""The same value, and what it was computed under as a line of the file `SEEN`."""

import datetime
import json
import locale
import os
from pathlib import Path

value = 1.5
conditions = {
    "path": str(Path.cwd()),
    "hash seed": list({"ant", "bee", "cow", "dog", "elk", "fox"}),
    "time zone": datetime.datetime.fromtimestamp(0).isoformat(),
    "locale": locale.setlocale(locale.LC_ALL, ""),
    "umask": os.umask(0),
    "home": str(Path.home()),
    "user": os.environ.get("USER"),
    "width": os.environ.get("COLUMNS"),
    "cpus": len(os.sched_getaffinity(0)),
    "threads": os.environ.get("OMP_NUM_THREADS"),
    "listdir": [path.name for path in Path("configs").iterdir()],
    "scandir": next(os.walk("configs"))[1],
}
with Path(os.environ["SEEN"]).open("a") as file:
    print(json.dumps(conditions), file=file)
