"""Level 3 of the reproduction check: the pipeline in the image that the Dockerfile makes."""

import os
import shlex
import shutil
import subprocess
from pathlib import Path

from ..errors import UserError
from ..record.measure import find_numerical_variables


def build_image(project: Path, commit: str) -> str:
    """Build the image `pipeline` of a project.

    Returns:
        Its ID.

    Raises:
        UserError: There is no Docker, or the image cannot be built.
    """
    command = shlex.split(os.environ.get("DOCKER_BUILD") or "docker build")
    if not shutil.which(command[0]):
        raise UserError(f"An image needs Docker: {command[0]} is not installed.")
    options = ["--quiet", "--target", "pipeline", "--build-arg", f"COMMIT={commit}"]
    done = subprocess.run(
        [*command, *options, "."], cwd=project, capture_output=True, encoding="utf-8", check=False
    )
    if done.returncode:
        raise UserError(f"{done.stderr.strip()[-2000:]}\nThe image could not be built.")
    return done.stdout.strip()


def make_command(image: str, project: Path, environment: dict[str, str]) -> list[str]:
    """The beginning of a command line that runs what follows in a container, without a network.

    The folder around the project is mounted at the same path. The container gets the variables that
    differ from our own environment, and those that may change how numbers are rounded.
    """
    scratch = project.parent
    varied = {
        name: value
        for name, value in environment.items()
        if os.environ.get(name) != value and name != "PATH"
    }
    varied = find_numerical_variables() | varied
    user = f"{os.getuid()}:{os.getgid()}" if hasattr(os, "getuid") else "1000"
    return [
        *("docker", "run", "--rm", "--network", "none", "--cap-drop", "ALL", "--read-only"),
        *("--tmpfs", "/tmp", "--user", user, "--workdir", str(project)),
        *("--volume", f"{scratch}:{scratch}"),
        *(word for name, value in varied.items() for word in ("--env", f"{name}={value}")),
        image,
    ]
