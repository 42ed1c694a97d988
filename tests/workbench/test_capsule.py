"""The script in a capsule, which runs by itself."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from workbench.capsule import unpack


def test_a_capsule_says_what_it_needs(tmp_path: Path) -> None:
    shutil.copy(unpack.__file__, tmp_path / "reproduce.py")
    (tmp_path / "capsule.json").write_text('{"python": "1.0", "variables": {}}')
    done = subprocess.run(
        [sys.executable, "reproduce.py"],
        cwd=tmp_path,
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == "This needs Docker or Python 1.0, and neither is here.\n"
