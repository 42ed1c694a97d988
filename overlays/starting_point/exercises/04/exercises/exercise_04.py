"""Add a dependency, and lock it."""

import re
import shutil
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from workbench.dependencies import list_requirements

from .support import ROOT, NotYet, copied_project, run

TESTS = ()
NAME = "nbstripout"
LOCK = "requirements-dev.txt"
ACCELERATOR_LOCK = "requirements-accelerator.txt"
PIN = re.compile(
    r"(?m)^([\w.-]+)(?:\[[^\]\n]*\])?==([^\s;]+)(.*(?:\n +--hash=.*)*)"  # the name, version, rest
)


def check() -> None:
    """Read what is declared and locked, and lock it again without the hashes that are there."""
    requirement = _find_requirement()
    pins = _read_pins(ROOT / LOCK)
    version = _judge_pin(requirement, pins)
    _judge_whole_lock(pins)
    try:
        installed = metadata.version(NAME)
    except metadata.PackageNotFoundError:
        raise NotYet(f"{NAME} is locked but not installed: run `make setup`.") from None
    if installed != version:
        raise NotYet(f"{NAME} {installed} is installed, not {version} of the lock: `make setup`.")
    compiled = _compile_again()
    if compiled is not None:
        _compare(pins, compiled)


def _read_groups() -> dict[str, list[Requirement]]:
    """The requirements of each table of pyproject.toml; of a group, with those it includes."""
    content = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = content["dependency-groups"]

    def flatten(group: list[Any]) -> Iterator[Requirement]:
        for item in group:
            if isinstance(item, str):
                yield Requirement(item)
            else:
                yield from flatten(groups[item["include-group"]])

    project = content["project"]
    return {
        "dependencies": [Requirement(text) for text in project["dependencies"]],
        **{
            f"the extra `{name}`": [Requirement(text) for text in extra]
            for name, extra in project.get("optional-dependencies", {}).items()
        },
        **{name: list(flatten(group)) for name, group in groups.items()},
    }


def _find_requirement() -> Requirement:
    """What pyproject.toml asks for, in the group `dev` only, and with a lower bound."""
    found = {
        name: requirement
        for name, group in _read_groups().items()
        for requirement in group
        if canonicalize_name(requirement.name) == NAME
    }
    for name in [name for name in ("dependencies", "serve") if name in found]:
        raise NotYet(f"{NAME} is in `{name}` of pyproject.toml, and belongs to `dev` only.")
    if "dev" not in found:
        where = f"only in {min(found)}" if found else "not in pyproject.toml yet"
        raise NotYet(f"{NAME} is {where}: it belongs to the group `dev`.")
    if marker := found["dev"].marker:
        raise NotYet(f"pyproject.toml asks for {NAME} only for some systems: {marker}.")
    bounds = [bound for bound in found["dev"].specifier if bound.operator in (">=", ">", "~=")]
    if not any(Version(bound.version) > Version("0") for bound in bounds):
        raise NotYet(
            f"pyproject.toml gives no lower bound for {NAME} (`>=…`); the lock gives its version."
        )
    return found["dev"]


def _read_pins(path: Path) -> dict[str, list[tuple[str, set[str]]]]:
    """Find the versions of each package in a lock, with their hashes."""
    pins: dict[str, list[tuple[str, set[str]]]] = {}
    text = path.read_text(encoding="utf-8").replace("\\\n", "\n")
    for name, version, rest in PIN.findall(text):
        hashes = set(re.findall(r"--hash=(sha256:[0-9a-f]{64})(?!\w)", rest))
        pins.setdefault(canonicalize_name(name), []).append((version, hashes))
    return pins


def _judge_pin(requirement: Requirement, pins: dict[str, list[tuple[str, set[str]]]]) -> str:
    """The version that the lock has, once."""
    found = pins.get(NAME, [])
    if len(found) != 1:
        reason = f"pins {NAME} {len(found)} times" if found else f"does not pin {NAME}"
        raise NotYet(f"{LOCK} {reason}: `make lock` writes it.")
    version, hashes = found[0]
    if not hashes:
        raise NotYet(f"{LOCK} has no hash of {NAME}: let `make lock` write it.")
    if not requirement.specifier.contains(version, prereleases=True):
        raise NotYet(f"{LOCK} pins {NAME} {version}, and pyproject.toml asks for {requirement}.")
    return version


def _judge_whole_lock(pins: dict[str, list[tuple[str, set[str]]]]) -> None:
    """Look for a pin of all that is asked for, by the project or by one of its packages."""
    builds = ROOT / ACCELERATOR_LOCK  # of these, it depends on the build what they ask for
    done = set(_read_pins(builds)) if builds.is_file() else set()
    groups = _read_groups()
    asked = [(each, "pyproject.toml") for each in groups["dependencies"] + groups["dev"]]
    while asked:
        requirement, who = asked.pop()
        name = canonicalize_name(requirement.name)
        key = f"{name}{sorted(requirement.extras)}"
        if {name, key} & done or not _applies(requirement):
            continue
        done.add(key)
        if name not in pins:
            raise NotYet(f"{LOCK} does not pin {name}, which {who} asks for: run `make lock`.")
        asked += [(each, name) for each in _list_needs(name, requirement.extras)]


def _applies(requirement: Requirement) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": ""})


def _list_needs(name: str, extras: set[str]) -> Iterator[Requirement]:
    """What an installed package needs here, with some of its extras."""
    try:
        texts = metadata.requires(name) or []
    except metadata.PackageNotFoundError:
        return
    for requirement in map(Requirement, texts):
        marker, requirement.marker = requirement.marker, None
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            yield requirement


def _compile_again() -> dict[str, list[tuple[str, set[str]]]] | None:
    """The lock with the same pins, and the hashes of the package index; None without an index.

    uv keeps the hashes of a file that it writes again, and so this one has another name.
    """
    if not shutil.which("uv"):
        return None
    with copied_project() as root:
        lock = (root / LOCK).read_text(encoding="utf-8")
        pins = [line.removesuffix("\\") for line in lock.splitlines() if PIN.match(line)]
        (root / "pins.txt").write_text("\n".join(pins), encoding="utf-8")
        groups = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["dependency-groups"]
        (root / "dev.txt").write_text("\n".join(list_requirements(groups, "dev")), "utf-8")
        command = "uv pip compile --quiet --python-version 3.11 pyproject.toml dev.txt"
        command += " -c pins.txt -o compiled.txt"
        if (root / ACCELERATOR_LOCK).is_file():
            command += f" --no-emit-package torch -c {ACCELERATOR_LOCK}"
        done = run(*command.split(), root=root, UV_HTTP_RETRIES="0", UV_HTTP_TIMEOUT="10")
        if done.returncode == 0:
            return _read_pins(root / "compiled.txt")
    if "No solution found" not in done.stderr or "network was disabled" in done.stderr:
        return None
    reason = done.stderr.partition("Because ")[2].partition(", we can conclude")[0]
    reason = " ".join(reason.split())
    raise NotYet(f"The pins of {LOCK} do not fit pyproject.toml or the package index: {reason}.")


def _compare(
    pins: dict[str, list[tuple[str, set[str]]]], compiled: dict[str, list[tuple[str, set[str]]]]
) -> None:
    if missing := sorted(compiled.keys() - pins.keys()):
        raise NotYet(f"{LOCK} lacks {', '.join(missing)}: run `make lock`.")
    if invented := pins[NAME][0][1] - compiled[NAME][0][1]:
        first = min(invented)[:19]
        raise NotYet(
            f"{LOCK}: no file of {NAME} on the package index has the hash {first}… "
            f"Take its block out, and run `make lock`."
        )
