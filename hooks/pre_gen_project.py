"""Stop before anything is written: a replay file skips the questions, and a disk may be full."""

import shutil
import sys

problems = {{ cookiecutter|problems|quoted }}
if problems:
    sys.exit(problems)
if shutil.disk_usage(".").free < 10_000_000:
    sys.exit("No space left on this disk: a project needs 10 MB. Make room, or choose another folder.")
