"""Run the pipeline (`make all`): remove what it no longer makes, then call `dvc repro`.

`dvc repro` leaves the entries of stages that are gone in `dvc.lock`, and their outputs on the disk,
where a stage that reads the folder around them would find them.
"""

import re
import sys
from collections.abc import Iterable
from pathlib import Path

import yaml
from dvc.exceptions import DvcException
from dvc.repo import Repo
from dvc.utils.serialize import modify_yaml

from ..check.clone import hash_output, list_outputs, read_lock, remove
from ..errors import UserError
from ..project import find_project
from .parallel import count_jobs, dvc, run_groups
from .source import find_untracked, require_source
from .stage import CONFIG, read_choices, require_no_experiment

ALONE = {"--no-run-cache"}  # options that leave all stages to be run, each where it has changed
POSITION = re.compile(r"defaults(?:\[(\d+)\]|\.(\d+))\.(\w+)")


def check_defaults(root: Path) -> None:
    """Check `defaults` of `configs/config.yaml` before anything runs.

    `dvc.yaml` reads entries by their position, since `dvc exp run --set-param` drops YAML aliases.

    Raises:
        UserError: An entry that `dvc.yaml` reads stands elsewhere, or there is an experiment.
    """
    config = yaml.safe_load((root / CONFIG).read_text(encoding="utf-8"))
    entries = [item if isinstance(item, dict) else {item: None} for item in config["defaults"]]
    require_no_experiment(next((e["experiment"] for e in entries if "experiment" in e), None))
    names = [next(iter(entry)) for entry in entries]
    for first, second, name in POSITION.findall((root / "dvc.yaml").read_text(encoding="utf-8")):
        position = int(first or second)
        if name not in names[position : position + 1]:
            raise UserError(
                f"{CONFIG}: `{name}` has to be number {position + 1} of `defaults`, "
                "since dvc.yaml reads it by its position. Add new groups after those that it reads."
            )


def drop_leftovers(root: Path, stages: Iterable[str]) -> list[str]:
    """Take stages that are gone out of `dvc.lock`, and delete their outputs.

    An output is deleted only if it is still the one that the lock names.

    Args:
        root: The project's folder.
        stages: The names of the stages that the pipeline has today.

    Returns:
        A line for each stage, and for each output that was kept.
    """
    locked = read_lock(root)
    gone = {name: locked[name] for name in locked.keys() - set(stages)}
    if not gone:
        return []
    kept = list_outputs({name: stage for name, stage in locked.items() if name not in gone})
    lines = [f"{name} is no longer in the pipeline: left out of dvc.lock." for name in sorted(gone)]
    for path, output in list_outputs(gone).items():
        if path in kept or not (root / path).exists():
            continue
        if hash_output(root / path) != output.md5:
            lines.append(f"{path} is not what dvc.lock names: kept. Delete it if you can spare it.")
            continue
        remove(root / path)
        folder = (root / path).parent
        while folder != root and not any(folder.iterdir()):
            folder.rmdir()
            folder = folder.parent
    with modify_yaml(root / "dvc.lock") as content:
        for name in gone:
            del content["stages"][name]
    return lines


def make_source_folder(root: Path) -> None:
    """Make the folder of the data set in `data/external/`, which the stage `data` depends on.

    A data set that a function loads has no files there, and Git keeps no folder that is empty.
    """
    name = read_choices(root).get("data")
    folder = root / "data" / "external" / str(name)
    if name and not folder.exists() and (root / "configs" / "data" / f"{name}.yaml").is_file():
        folder.mkdir(parents=True)
        (folder / ".gitkeep").touch()


def remove_temporary_files(root: Path) -> None:
    """Remove what DVC leaves where it is killed while it copies a file."""
    for folder in ("data", "models", "reports"):
        for path in (root / folder).rglob(".*.tmp"):
            remove(path)


def main() -> int:
    """Run from the command line; arguments are those of `dvc repro`."""
    options = sys.argv[1:]
    try:
        root = find_project()
        check_defaults(root)
        jobs = count_jobs(root)
        make_source_folder(root)
        require_source(root)
        if untracked := find_untracked(root):
            print(f"Warning: {untracked} Nobody else can run this.", file=sys.stderr)
        remove_temporary_files(root)
        if (root / "dvc.lock").is_file():
            read_lock(root)  # says what to do after a merge
            with Repo(root) as repo:
                stages = [stage.addressing for stage in repo.index.stages]
            for line in drop_leftovers(root, stages):
                print(line)
        if jobs > 1 and ALONE.issuperset(options) and (status := run_groups(root, options, jobs)):
            return status
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    except (DvcException, yaml.YAMLError):
        pass  # `dvc repro` says what is wrong with the file
    return dvc("repro", *options)


if __name__ == "__main__":
    sys.exit(main())
