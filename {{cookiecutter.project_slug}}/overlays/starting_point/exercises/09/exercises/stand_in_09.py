"""Stands in for the programs that a workflow calls, where exercise 9 tries it.

Python runs scripts and pytest; everything else is written down, and does nothing.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

VERSIONS = ("", "3", "3.11", "3.12", "3.13", "3.14")
PYTHONS = tuple(f"python{version}" for version in VERSIONS)
PIPS = tuple(f"pip{version}" for version in VERSIONS)
TESTING = ("coverage", "pytest")
OTHERS = (
    *("apt", "apt-get", "brew", "choco", "conda", "curl", "docker", "dvc", "gh", "git", "mamba"),
    *("mlflow", "mypy", "nox", "pip-sync", "pipenv", "pipx", "poetry", "pre-commit", "ruff"),
    *("sphinx-build", "sudo", "tox", "uvx", "virtualenv", "wget", "winget"),
)
NAMES = (*PYTHONS, *PIPS, *TESTING, *OTHERS, "uv")
# Options of `uv run` and `uv venv` that take the next word
VALUED = {"-p", "--python", "--with", "--with-requirements", "--group", "--extra", "--prompt"}


def main(name: str, arguments: list[str]) -> int:
    """Do what is left of a command, and give its status."""
    if name in PYTHONS:
        return call_python(arguments)
    if name in TESTING:
        return run(sys.executable, "-m", name, *arguments)
    write_down(name, arguments)
    return call_uv(arguments) if name == "uv" else 0


def call_python(arguments: list[str]) -> int:
    """Run a script or the tests; of other modules, do nothing."""
    option, words = split_options(arguments, {"-X", "-W"}, {"-c", "-m"})
    if option != "-m" or not words or words[0] in TESTING:
        return run(sys.executable, *arguments)
    module, *rest = words
    write_down(module, rest)
    if module in ("venv", "virtualenv"):
        make_environment(rest)
    return call_uv(rest) if module == "uv" else 0


def call_uv(arguments: list[str]) -> int:
    """Of `uv run`, run the command; of `uv venv`, make a folder that looks like an environment."""
    match split_options(arguments, set(), set())[1]:
        case ["run", *rest]:
            option, words = split_options(rest, VALUED, {"-m", "--module"})
            if option or not words:
                return call_python(["-m", *words] if words else [])
            name = Path(words[0]).name
            return main(name, words[1:]) if name in NAMES else run(*words)
        case ["venv", *rest]:
            make_environment(rest)
        case ["pip", "install" | "sync", *rest] if not has_environment(rest):
            print("error: No virtual environment found; run `uv venv` first")
            return 2
    return 0


def split_options(words: list[str], valued: set[str], last: set[str]) -> tuple[str, list[str]]:
    """Give the option of `last` that ends the options, if there is one, and what follows them."""
    rest = list(words)
    while rest and rest[0].startswith("-"):
        option = rest.pop(0)
        if option in last:
            return option, rest
        if option in valued:
            del rest[:1]
    return "", rest


def has_environment(arguments: list[str]) -> bool:
    """Whether uv would know where to install."""
    asked = any(word.startswith(("--system", "--python", "-p", "--target")) for word in arguments)
    named = os.environ.get("VIRTUAL_ENV") or os.environ.get("UV_SYSTEM_PYTHON")
    return asked or bool(named) or Path(".venv").is_dir()


def make_environment(arguments: list[str]) -> None:
    """Put the stand-ins there, too."""
    folder, *_ = [*split_options(arguments, VALUED, set())[1], ".venv"]
    shutil.copytree(os.environ["STAND_INS"], Path(folder, "bin"), dirs_exist_ok=True)


def write_down(name: str, arguments: list[str]) -> None:
    """Add a command to the record."""
    required = any(os.environ.get(f"{tool}_REQUIRE_HASHES") for tool in ("PIP", "UV"))
    words = [name, *arguments, *(["--require-hashes"] if required else [])]
    with Path(os.environ["STAND_IN_RECORD"]).open("a", encoding="utf-8") as file:
        file.write(json.dumps(words) + "\n")


def run(*command: str) -> int:
    """Run a command for real."""
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
