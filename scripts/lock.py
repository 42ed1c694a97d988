"""Compile every lock: this repository's, and for each framework that of the project it gives.

python scripts/lock.py [--upgrade]
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from cookiecutter.main import cookiecutter

ROOT = Path(__file__).resolve().parents[1]
TEMPLATE = ROOT / "{{cookiecutter.project_slug}}"
COMPILE = "uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest "
COMPILE += "--generate-hashes --no-strip-extras"


def main(options: list[str]) -> None:
    """Write each `requirements*.txt`; pins that still fit stay, unless `options` say `--upgrade`."""
    own = ["--no-emit-index-url", "--custom-compile-command", "make lock", "--group", "dev"]
    subprocess.run([*COMPILE.split(), *own, *options, "-o", "requirements.txt"], cwd=ROOT, check=True)
    for framework in json.loads((ROOT / "cookiecutter.json").read_text("utf-8"))["_choices"]["framework"]:
        with tempfile.TemporaryDirectory() as folder:
            project = cookiecutter(
                str(ROOT), no_input=True, output_dir=folder, extra_context={"framework": framework}
            )
            subprocess.run(["make", "--silent", "lock", f"ARGS={' '.join(options)}"], cwd=project, check=True)
            for lock in Path(project).glob("requirements*.txt"):
                shutil.copy(lock, TEMPLATE / "overlays" / "framework" / framework / lock.name)


if __name__ == "__main__":
    main(sys.argv[1:])
