"""Resume a sweep that was stopped: which of its runs need not run again."""

import json
from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from ..errors import UserError
from ..project import find_project
from .measure import describe_code, describe_packages
from .record import Record, load


def find_completed(config: DictConfig) -> Record | None:
    """The record of this very run, if an earlier start of the same sweep has completed it.

    It is the same run if the configuration, the commit and the packages are the same, no file
    differs from the commit, and its output is still there.

    Args:
        config: As Hydra composed it, with or without its own part.
    """
    hydra = HydraConfig.get()
    if hydra.mode is not RunMode.MULTIRUN:
        return None
    try:
        record = load(Path(hydra.runtime.output_dir))
    except UserError:
        return None
    if record.status != "completed":  # as that of the run that has just begun
        return None
    root = find_project(Path(hydra.runtime.cwd))
    values = OmegaConf.to_container(leave_out_hydra(config), resolve=True)
    code = describe_code(root)
    same = (
        json.loads(json.dumps(values, default=str)) == record.config
        and describe_packages(root) == record.packages
        and code.commit == record.code.commit
        and not code.dirty
        and not record.code.dirty
    )
    whole = all((record.output / name).is_file() for name in record.artifacts)
    return record if same and whole else None


def leave_out_hydra(config: DictConfig) -> DictConfig:
    """The application's own configuration."""
    return OmegaConf.masked_copy(config, [str(key) for key in config if key != "hydra"])
