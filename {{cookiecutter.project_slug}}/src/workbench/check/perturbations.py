"""What may differ between two runs, and must not change a result."""

import locale
import os
import sys
from pathlib import Path

HERE = Path(__file__).parent

FACTORS = {
    "path": "the folder that the project lies in",
    "hash_seed": "PYTHONHASHSEED: the order of sets",
    "time_zone": "the time zone",
    "locale": "the locale",
    "umask": "the umask",
    "home": "the home folder",
    "user": "the user's name",
    "columns": "the width of the terminal",
    "cpus": "the number of CPUs",
    "threads": "the variables that set a number of threads",
    "file_order": "the order in which a folder lists its files",
}
THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "POLARS_MAX_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
COMMA_LOCALES = ("de_DE.UTF-8", "fr_FR.UTF-8", "da_DK.UTF-8", "pt_BR.UTF-8", "ru_RU.UTF-8")


def name_folder(perturbed: bool) -> str:
    """A folder for the clone: a hard one has a space and a letter that is not ASCII."""
    return "a clöne" if perturbed else "clone"


def make_environment(factors: set[str], project: Path, python: Path) -> dict[str, str]:
    """The environment variables of a run in which `factors` differ from the one around us.

    Args:
        factors: Names from `FACTORS`, or `entropy`: the system's random numbers are fixed.
        project: Where the clone lies.
        python: The interpreter that the pipeline is to run with.
    """
    home = project.parent / "home"
    home.mkdir(exist_ok=True)
    differs = {
        "hash_seed": {"PYTHONHASHSEED": "4242"},
        "time_zone": {"TZ": "Asia/Kathmandu"},  # 5:45 h from UTC
        "locale": dict.fromkeys(("LANG", "LC_ALL"), find_locale()),
        "home": {"HOME": str(home), "USERPROFILE": str(home), "XDG_CACHE_HOME": str(home)},
        "user": dict.fromkeys(("USER", "LOGNAME", "USERNAME"), "somebody"),
        "columns": {"COLUMNS": "37", "LINES": "11"},
        "threads": {name: "2" if os.environ.get(name) == "1" else "1" for name in THREADS},
    }
    environment = os.environ | {
        "DVC_NO_ANALYTICS": "1",
        "DVC_SITE_CACHE_DIR": str(project.parent / "dvc"),
        "PATH": os.pathsep.join([str(python.parent), os.environ.get("PATH", "")]),
        "PYTHONHASHSEED": "0",
        "PYTHONPATH": os.pathsep.join([str(HERE / "perturbed"), str(project / "src")]),
        "REPRODUCE_CHANGES": ",".join(sorted(factors)),
        "TRACKER": "none",
    }
    environment.pop("VIRTUAL_ENV", None)
    for name in factors & differs.keys():
        environment |= differs[name]
    return environment


def find_locale() -> str:
    """A locale that writes a decimal comma, where this machine has one; else `C`.

    In `C`, some Pythons cannot read the path of an editable install that is not ASCII.
    """
    before = locale.setlocale(locale.LC_NUMERIC)
    try:
        for name in COMMA_LOCALES:
            try:
                locale.setlocale(locale.LC_NUMERIC, name)
            except locale.Error:
                continue
            return name
    finally:
        locale.setlocale(locale.LC_NUMERIC, before)
    return "C" if f"{Path.cwd()}{sys.prefix}".isascii() else "C.UTF-8"


def list_possible() -> set[str]:
    """The factors that can differ on this machine."""
    impossible = {
        "cpus": not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) == 1,
        "umask": sys.platform == "win32",
        "locale": find_locale() == os.environ.get("LC_ALL"),
    }
    return {name for name in FACTORS if not impossible.get(name)}
