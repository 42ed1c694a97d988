"""The dependency nbstripout, declared and locked."""

from functools import partial
from pathlib import Path

from support import changing, replace, sh

DECLARED = r'  "nbstripout>=0.8",\n'
BLOCK = r"(?m)^nbstripout==.*\n(?: .*\n)+"
LOCK = "requirements-dev.txt"


def locked_again(project: Path) -> None:
    """By `make lock`, with another bound."""
    replace(project / LOCK, BLOCK, "")
    replace(project / "pyproject.toml", DECLARED, '  "NBStripOut ~= 0.9",\n')
    sh("make lock", project)


def in_a_group(project: Path) -> None:
    """In a group of its own, which `dev` includes."""
    replace(project / "pyproject.toml", DECLARED, '  { include-group = "outputs" },\n')
    replace(project / "pyproject.toml", r"\nserve = \[", '\noutputs = ["nbstripout>0.7,<2"]\nserve = [')


def without_an_index(project: Path) -> None:
    """Where no package index answers, the rest is checked."""
    replace(project / "pyproject.toml", "managed = false", "offline = true\nmanaged = false")


declared = partial(changing, "pyproject.toml", DECLARED)  # and the worked example's lock
locked = partial(changing, LOCK)  # and the worked example's declaration


def in_the_main_dependencies(project: Path) -> None:
    """Whoever runs the pipeline would install it, too."""
    declared("")(project)
    replace(project / "pyproject.toml", '  "omegaconf>', '  "nbstripout>=0.8",\n  "omegaconf>')


def in_an_extra(project: Path) -> None:
    """Nobody who has not asked for it would install it."""
    declared("")(project)
    replace(project / "pyproject.toml", r"\noptuna = \[", '\nnotebooks = ["nbstripout>=0.8"]\noptuna = [')


RIGHT = {
    "make lock": locked_again,
    "a group of its own": in_a_group,
    "no index": without_an_index,
}
WRONG = {
    "not locked": (locked(BLOCK, ""), "does not pin nbstripout: `make lock` writes it"),
    "by hand": (locked(BLOCK, "nbstripout==0.9.1\n"), "has no hash of nbstripout"),
    "invented hash": (
        locked(r"(nbstripout==.* \\\n    --hash=sha256:)\w{8}", r"\g<1>00000000"),
        "on the package index has the hash sha256:00000000",
    ),
    "twice": (locked(BLOCK, r"\g<0>\g<0>"), "pins nbstripout 2 times"),
    "main dependencies": (in_the_main_dependencies, "is in `dependencies` of pyproject.toml"),
    "extra": (in_an_extra, "only in the extra `notebooks`"),
    "a comment": (declared('  # "nbstripout>=0.8",\n'), "is not in pyproject.toml yet"),
    "another source": (
        declared('  "nbstripout @ git+https://github.com/kynan/nbstripout",\n'),
        "gives no lower bound",
    ),
    "some systems": (declared("  \"nbstripout>=0.8; sys_platform == 'linux'\",\n"), "only for some systems"),
    "upper bound": (declared('  "nbstripout<2",\n'), "gives no lower bound for nbstripout"),
    "no bound": (declared('  "nbstripout",\n'), "gives no lower bound for nbstripout"),
    "bound of nothing": (declared('  "nbstripout>=0",\n'), "gives no lower bound for nbstripout"),
    "pinned": (declared('  "nbstripout==0.9.1",\n'), "gives no lower bound for nbstripout"),
    "other bound": (declared('  "nbstripout>=99",\n'), "pyproject.toml asks for nbstripout>=99"),
    "lost pin": (locked(r"(?m)^nbformat==.*\n(?: .*\n)+", ""), "does not pin nbformat, which"),
    "no such version": (locked("nbstripout==0.9.1", "nbstripout==0.99"), "is installed, not 0.99"),
}
