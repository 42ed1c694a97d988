"""The facts about code, packages and machine that a record writes down."""

import importlib.metadata
import os
import platform
import re
import shutil
import socket
import subprocess
import tomllib
from pathlib import Path

import psutil

from ..project import git, hash_text
from .record import Code, Machine, Packages

# The locks: the first holds every pin of requirements.txt and -serve.txt.
LOCKS = ("requirements-dev.txt", "requirements-accelerator.txt")


def describe_code(root: Path) -> Code:
    """The commit, its branch, and the changes to tracked files and names of untracked ones."""
    changes = git("status", "--porcelain", "--", ".", root=root)
    diff = (git("diff", "HEAD", "--", ".", root=root) or "") + (changes or "")
    return Code(
        commit=git("rev-parse", "HEAD", root=root),
        branch=git("branch", "--show-current", root=root) or None,
        dirty=None if changes is None else bool(changes),
        diff_sha256=hash_text(diff) if changes else None,
    )


def describe_packages(root: Path) -> Packages:
    """The lock, and each installed package whose version is not the lock's."""
    locks = [root / name for name in LOCKS if (root / name).is_file()]
    text = "".join(lock.read_text(encoding="utf-8") for lock in locks)
    pins = dict(re.findall(r"^([\w.-]+)(?:\[.*\])?==(\S+)", text, flags=re.MULTILINE))
    own = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["name"]
    installed = {
        _canonical(name): version
        for distribution in importlib.metadata.distributions()
        for name, version in [_name_and_version(distribution)]
    }
    return Packages(
        lock_sha256=hash_text(text) if text else None,
        differ={
            name: (version, pins.get(name))
            for name, version in sorted(installed.items())
            # The version of a build for one kind of accelerator names it: 2.13.0+cpu
            if pins.get(name) not in (version, version.partition("+")[0]) and name != own
        },
    )


def find_numerical_variables() -> dict[str, str]:
    """The environment variables of numerical libraries: some choose how numbers are rounded.

    `OPENBLAS_CORETYPE=Haswell` does, on a processor with newer vector instructions.
    """
    prefixes = ("MKL_", "NPY_", "OMP_", "ONEDNN_", "OPENBLAS_")
    return {name: os.environ[name] for name in sorted(os.environ) if name.startswith(prefixes)}


def describe_machine() -> Machine:
    """Python, platform, processor, memory, graphics cards, and numerical variables."""
    return Machine(
        hostname=socket.gethostname(),
        python=platform.python_version(),
        platform=platform.platform(),
        cpu=_find_cpu(),
        cpu_count=psutil.cpu_count(),
        memory=psutil.virtual_memory().total,
        gpus=_find_gpus(),
        variables=find_numerical_variables(),
    )


def find_peak_memory() -> int:
    """The most memory that this process has used at one time, in bytes."""
    if os.name == "nt":
        return int(psutil.Process().memory_info().peak_wset)
    import resource  # not on Windows

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if platform.system() == "Darwin" else peak * 1024


def _canonical(name: str) -> str:
    """A package's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _name_and_version(distribution: importlib.metadata.Distribution) -> tuple[str, str]:
    # From the folder's name where it is there: opening each package's metadata takes much longer.
    folder = getattr(distribution, "_path", None)
    stem = folder.name.removesuffix(".dist-info") if isinstance(folder, Path) else ""
    name, _, version = stem.partition("-")
    return (name, version) if version else (distribution.name, distribution.version)


def _find_cpu() -> str:
    """The processor's model, as its maker names it."""
    if platform.system() == "Darwin":
        command = ["sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    info = Path("/proc/cpuinfo")
    text = info.read_text(encoding="utf-8") if info.exists() else ""
    found = re.search(r"^model name\s*: (.*)$", text, re.MULTILINE)
    return found[1] if found else platform.processor() or platform.machine()


def _find_gpus() -> list[str]:
    if not shutil.which("nvidia-smi"):
        return []
    command = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.splitlines() if done.returncode == 0 else []
