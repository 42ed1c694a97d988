"""The parameters of the stage that DVC runs: no other value may affect its results.

A value that a stage uses, but does not track, would leave `dvc status` clean when it changes.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ..errors import UserError

CONFIG = "configs/config.yaml"


def read_choices(root: Path) -> dict[str, Any]:
    """The option of each group that `defaults` of `configs/config.yaml` names."""
    defaults = yaml.safe_load((root / CONFIG).read_text(encoding="utf-8"))["defaults"]
    entries = [entry for entry in defaults if isinstance(entry, dict)]
    return {group: option for entry in entries for group, option in entry.items()}


@dataclass(frozen=True)
class Stage:
    """A stage of `dvc.yaml`.

    Attributes:
        name: Its name, without what follows `@`.
        files: The files and folders of `configs/` that it tracks, as `dvc.yaml` has them.
        keys: The values of `configs/config.yaml` that it tracks, or that its command gives.
    """

    name: str
    files: frozenset[str]
    keys: frozenset[str]

    def tracks(self, name: str, root: Path) -> bool:
        """Whether a value of the configuration, or the file of a group, is a parameter."""
        if not (root / "configs" / name).is_dir():
            return name in self.keys
        chosen = any(re.fullmatch(rf"defaults(\.\d+\.{name})?", key) for key in self.keys)
        return chosen and any(file.startswith(f"configs/{name}/") for file in self.files)

    def explain(self, name: str, root: Path) -> str:
        """What to add to `dvc.yaml` for a value that is not tracked."""
        group = (root / "configs" / name).is_dir()
        missing = f"configs/{name}/" if group else f"`{name}` of {CONFIG}"
        return (
            f"The stage {self.name} uses `{name}`, but does not track it: add {missing} to its "
            "params in dvc.yaml, or a change of it would go unnoticed."
        )


def find_stage(root: Path) -> Stage | None:
    """The stage that DVC runs this process for; None if it does not."""
    if Path(os.environ.get("DVC_ROOT", "")).resolve() != root:
        return None
    name = re.sub(r"^.*:|@.*$", "", os.environ.get("DVC_STAGE", ""))
    content = yaml.safe_load((root / "dvc.yaml").read_text(encoding="utf-8"))
    if name not in content["stages"]:
        return None
    stage = content["stages"][name]
    stage = stage.get("do", stage)
    params = [entry for entry in stage.get("params", []) if isinstance(entry, dict)]
    tracked = {file: keys for entry in params for file, keys in entry.items()}
    given = re.findall(r"(?:^|\s)([\w.]+)=", str(stage["cmd"]))
    files = frozenset([*tracked, *stage.get("deps", [])])
    return Stage(name, files, frozenset([*(tracked.get(CONFIG) or []), *given]))


def require_no_experiment(name: str | None) -> None:
    """Raise a UserError if there is an experiment: no stage tracks what it changes."""
    if name:
        raise UserError(
            f"{CONFIG} names the experiment {name}, and the pipeline runs none: write its values "
            f"into configs/, or run it by itself (experiment={name})."
        )


def check_choices(stage: Stage, choices: dict[str, Any], root: Path) -> None:
    """Check that the files of the configuration are those that a stage tracks.

    Args:
        stage: The stage.
        choices: The option of each configuration group.
        root: The project's folder.

    Raises:
        UserError: There is an experiment, or a file that the stage tracks includes one that it
            does not track.
    """
    require_no_experiment(choices.get("experiment"))
    for group, option in choices.items():
        file = f"configs/{group}/{option}.yaml"
        if not option or not any(name.startswith(f"configs/{group}/") for name in stage.files):
            continue
        for included in _list_included(file, root):
            if included not in stage.files:
                raise UserError(
                    f"{file} includes {included}, which the stage {stage.name} does not track: "
                    "add it to the stage's params in dvc.yaml."
                )


def _list_included(file: str, root: Path) -> list[str]:
    """The files that the defaults of a file in `configs/` include, directly or not."""
    content = yaml.safe_load((root / file).read_text(encoding="utf-8")) or {}
    included = []
    for entry in content.get("defaults", []):
        group, option = next(iter(entry.items())) if isinstance(entry, dict) else ("", entry)
        group = re.sub(r"^(override |optional )+|@.*$", "", group)
        folder = f"configs{group}" if group.startswith("/") else f"{Path(file).parent.as_posix()}"
        folder = folder if group.startswith("/") or not group else f"{folder}/{group}"
        path = f"{folder}/{option}.yaml"
        # `paths` only sets where files are, and cannot affect a result.
        if option != "_self_" and group != "/paths" and (root / path).is_file():
            included += [path, *_list_included(path, root)]
    return included
