"""The requirements of a dependency group of `pyproject.toml`, for `uv pip compile -` to read.

uv reads no groups of a project that it does not manage, and it must not manage this one: `uv sync`
would replace the packages of the lock.
"""

import sys
import tomllib
from pathlib import Path
from typing import Any


def list_requirements(groups: dict[str, list[Any]], name: str) -> list[str]:
    """The requirements of a group, and of those that it includes (PEP 735)."""
    requirements = []
    for entry in groups[name]:
        included = [entry] if isinstance(entry, str) else None
        requirements += included or list_requirements(groups, entry["include-group"])
    return requirements


def main() -> None:
    """Print a requirement per line; the argument is the group."""
    with Path("pyproject.toml").open("rb") as file:
        groups = tomllib.load(file)["dependency-groups"]
    if sys.argv[1:2] and sys.argv[1] in groups:
        print(*list_requirements(groups, sys.argv[1]), sep="\n")
    else:
        sys.exit(f"Name one of the dependency groups of pyproject.toml: {', '.join(groups)}.")


if __name__ == "__main__":
    main()
