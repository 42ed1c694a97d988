"""Reproduce the results that this archive holds, without a network: `python3 reproduce.py`.

Where Docker answers, it runs in the archive's image. Else, or with `--level 2`, it takes the Python
that the archive's wheels are for, and Git. Afterwards `project/` is the repository, with its data
and its models.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
Run = Callable[..., int]  # a folder of this archive and a command line: its exit status


def docker_answers() -> bool:
    """Whether there is a Docker daemon to run the image."""
    if not shutil.which("docker"):
        return False
    return subprocess.run(["docker", "version"], capture_output=True, check=False).returncode == 0


def use_image(facts: dict[str, Any]) -> Run:
    """Load the image, for commands that run in containers of it."""
    subprocess.run(["docker", "load", "--quiet", "--input", HERE / "image.tar"], check=True)
    user = f"{os.getuid()}:{os.getgid()}" if hasattr(os, "getuid") else "1000"
    options = ["--rm", "--network", "none", "--cap-drop", "ALL", "--read-only", "--tmpfs", "/tmp"]
    options += ["--user", user, "--volume", f"{HERE}:/capsule", "--env", "TMPDIR=/capsule/tmp"]
    options += [word for name in facts["variables"] for word in ("--env", name)]

    def run(folder: str, *command: str) -> int:
        source = ["--env", f"PYTHONPATH=/capsule/{folder}/src", "--workdir", f"/capsule/{folder}"]
        return subprocess.run(
            ["docker", "run", *options, *source, facts["image"], *command], check=False
        ).returncode

    return run


def use_wheels(facts: dict[str, Any]) -> Run:
    """Install the wheels, for commands that run in an environment of them."""
    version = facts["python"]
    python = shutil.which(f"python{version}") or sys.executable
    code = "import sys; print('%s.%s' % sys.version_info[:2])"
    if subprocess.check_output([python, "-c", code], text=True).strip() != version:
        sys.exit(f"This needs Docker or Python {version}, and neither is here.")
    venv = ["venv", "--clear", "--without-pip", str(HERE / "environment")]
    subprocess.run([python, "-m", *venv], check=True)
    scripts = HERE / "environment" / ("Scripts" if os.name == "nt" else "bin")
    (pip,) = (HERE / "wheels").glob("pip-*.whl")  # the one that downloaded the others
    wheels = ["--no-index", "--find-links", str(HERE / "wheels")]
    install = [str(scripts / "python"), str(pip / "pip"), "install", "--quiet", *wheels]
    for lock in sorted(HERE.glob("requirements*.txt"), reverse=True):
        builds = lock.name == "requirements-accelerator.txt"  # these have no hashes, and come last
        options = [] if builds else ["--no-deps", "--require-hashes"]
        subprocess.run([*install, *options, "-r", str(lock)], check=True)
    path = os.pathsep.join([str(scripts), os.environ["PATH"]])

    def run(folder: str, *command: str) -> int:
        source = {"PYTHONPATH": str(HERE / folder / "src"), "TMPDIR": str(HERE / "tmp")}
        program = shutil.which(command[0], path=path) or command[0]
        return subprocess.run(
            [program, *command[1:]],
            cwd=HERE / folder,
            env={**os.environ, "PATH": path, "DVC_NO_ANALYTICS": "1", **source},
            check=False,
        ).returncode

    return run


def main() -> int:
    """Run from the command line; the exit status is that of the reproduction check."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--level", type=int, choices=(2, 3), default=3 if docker_answers() else 2)
    level = parser.parse_args().level
    facts = json.loads((HERE / "capsule.json").read_text(encoding="utf-8"))
    os.environ.update(facts["variables"])  # as where the results were made
    run = use_image(facts) if level == 3 else use_wheels(facts)
    (HERE / "tmp").mkdir(exist_ok=True)
    if not (HERE / "project").exists():
        shutil.rmtree(HERE / "part", ignore_errors=True)
        if run(".", "git", "clone", "--quiet", "repository.bundle", "part"):
            return 2
        dvc = HERE / facts["project"].replace("project", "part", 1) / ".dvc"
        shutil.copytree(HERE / "data", dvc / "cache")
        (dvc / "config.local").write_text("[cache]\n    dir = cache\n", encoding="utf-8")
        (HERE / "part").rename(HERE / "project")
    project = facts["project"]
    if run(project, "python", "-m", "dvc", "checkout", "--quiet"):
        return 2
    return run(project, "python", "-m", "workbench.check.reproduce")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError as error:  # the command has said why
        sys.exit(f"{' '.join(map(str, error.cmd))} failed")
    except OSError as error:
        sys.exit(f"{error.filename}: {error.strerror}")
