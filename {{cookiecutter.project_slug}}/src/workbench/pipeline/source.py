"""The source of the pipeline's data set: is it here, and does Git or DVC keep it?"""

from pathlib import Path

import yaml

from ..data.folder import is_folder_name
from ..data.read import is_file_name
from ..errors import UserError
from ..project import git
from .stage import CONFIG, read_choices

REMOTE = "docs/storage.md says how to give one"


def find_source(root: Path) -> Path | None:
    """The source of the data set that the configuration names; None if it is a function.

    Raises:
        UserError: `dvc.yaml` would not find its file.
    """
    if not (root / CONFIG).is_file():
        return None
    name = read_choices(root).get("data")
    path = root / "configs" / "data" / f"{name}.yaml"
    if not path.is_file():
        return None  # Hydra lists the available options
    content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    if content.get("name", name) != name:
        raise UserError(f"configs/data/{name}.yaml: `name` has to be {name}, as the file's.")
    source = str(content.get("source", "")).rstrip("/")
    if not is_file_name(source) and not is_folder_name(source):
        return None
    if not f"{source}/".startswith(f"data/external/{name}/"):
        raise UserError(
            f"configs/data/{name}.yaml: `source` has to lie in data/external/{name}/, "
            "where the pipeline looks for changes."
        )
    return root / source


def require_source(root: Path) -> None:
    """Raise a UserError if the source is not here: it says how to get it."""
    source = find_source(root)
    if source is None or source.is_file() or _has_files(source):
        return
    name = source.relative_to(root).as_posix()
    if not find_pointer(source):
        raise UserError(f"{name} is not there: `make use DATA=…`, or put the data there.")
    raise UserError(
        f"{name} is not here, only its hash: `make pull` gets it from the DVC remote ({REMOTE}). "
        "Or copy it here from where it is."
    )


def find_untracked(root: Path) -> str | None:
    """What to do if neither Git nor DVC keeps the source; None if one of them does."""
    source = find_source(root)
    if source is None or find_pointer(source) or not source.exists():
        return None
    name = source.relative_to(root).as_posix()
    if git("ls-files", "--", name, root=root) != "":  # tracked, or no repository
        return None
    return (
        f"Neither Git nor DVC keeps {name}: `dvc add {name}`, or `git add --force {name}` if it is "
        "small."
    )


def _has_files(source: Path) -> bool:
    """Whether it is a folder that holds more than a `.gitkeep`."""
    return source.is_dir() and any(path.name != ".gitkeep" for path in source.iterdir())


def find_pointer(source: Path) -> Path | None:
    """The file by which DVC keeps the source, or a folder around it."""
    candidates = [Path(f"{path}.dvc") for path in (source, source.parent)]
    return next((path for path in candidates if path.is_file()), None)
