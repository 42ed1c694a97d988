"""Compile every lock: this repository's, and for each framework that of the project it gives.

python scripts/lock.py [--upgrade]
"""

import json
import re
import subprocess
import sys
import tempfile
from difflib import SequenceMatcher
from pathlib import Path

from cookiecutter.main import cookiecutter

ROOT = Path(__file__).resolve().parents[1]
TEMPLATE = ROOT / "{{cookiecutter.project_slug}}"
COMPILE = "uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest "
COMPILE += "--generate-hashes --no-strip-extras"
EXERCISE = 4  # adds a dependency, and locks it


def main(options: list[str]) -> None:
    """Write each `requirements*.txt`; pins that still fit stay, unless `options` say `--upgrade`."""
    own = ["--no-emit-index-url", "--custom-compile-command", "make lock", "--group", "dev"]
    own += ["--group", "docs"]
    subprocess.run([*COMPILE.split(), *own, *options, "-o", "requirements.txt"], cwd=ROOT, check=True)
    for framework in json.loads((ROOT / "cookiecutter.json").read_text("utf-8"))["framework"]:
        locks = compile_locks(options, framework=framework)
        begun = {"starting_point": "exercises", "__exercises": str(EXERCISE)}
        without = compile_locks(options, framework=framework, **begun)
        for name, text in locks.items():
            path = ROOT / "overlays" / "framework" / framework / name
            path.write_text(mark(text, without[name]), encoding="utf-8", newline="\n")


def compile_locks(options: list[str], **answers: str) -> dict[str, str]:
    """The text of each lock of the project that these answers give, after `make lock` in it."""
    with tempfile.TemporaryDirectory() as folder:
        project = cookiecutter(str(ROOT), no_input=True, output_dir=folder, extra_context=answers)
        subprocess.run(["make", "--silent", "lock", f"ARGS={' '.join(options)}"], cwd=project, check=True)
        return {lock.name: lock.read_text("utf-8") for lock in Path(project).glob("requirements*.txt")}


def mark(lock: str, without: str) -> str:
    """Put marks round the packages that are not in the lock of a project whose exercise is to be done."""
    packages, fewer = (re.split(r"(?m)^(?=\w)", text) for text in (lock, without))
    marked = []
    for kind, start, end, i, j in SequenceMatcher(None, packages, fewer, autojunk=False).get_opcodes():
        solution = packages[start:end]
        if kind == "equal":
            marked += solution
            continue
        instead = re.sub("(?m)^( *)(?=.)", r"\1#| ", "".join(fewer[i:j]))
        marked += [f"# exercise {EXERCISE}\n", *solution, instead, f"# end of exercise {EXERCISE}\n"]
    return "".join(marked)


if __name__ == "__main__":
    main(sys.argv[1:])
