"""Override, sweep, and keep an experiment."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from .support import ROOT, NotYet, compose_config, make_config, uses_lightning

if TYPE_CHECKING:
    from omegaconf import DictConfig

    from {{ cookiecutter.package_name }}.config import Config

TESTS = ("test_config.py::test_an_experiment_changes_the_model",)
EXPERIMENT = "experiment=wide_mlp"
FILE = "configs/experiment/wide_mlp.yaml"


def check() -> None:
    """Compose the experiment and every job of its sweep, without running one."""
    if not (ROOT / FILE).is_file():
        raise NotYet(f"Not begun: {FILE} is not there.")
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        output = Path(folder)
        if _compose(output).model == make_config(output).model:
            raise NotYet(f"{EXPERIMENT} trains the model that is trained without it.")
        _check_question(output)
        jobs = _list_jobs(compose_config(output, EXPERIMENT))
        configs = [_compose(output, *job) for job in jobs]
    if len({config.seed for config in configs}) < 2:
        raise NotYet(f"The sweep in {FILE} has {len(jobs)} runs, all with the same seed.")
    values = {tuple(text for text in job if not text.startswith("seed=")) for job in jobs}
    if len(values) < 2:
        raise NotYet(f"The sweep in {FILE} changes nothing but the seed.")
    models = [config.model for config in configs if config.seed == configs[0].seed]
    if any(model in models[:place] for place, model in enumerate(models)):
        raise NotYet(f"The sweep in {FILE} trains the same model with the same seed twice.")


def _check_question(output: Path) -> None:
    """Is the network twice as wide, and trained twice as long?"""
    before, after = (compose_config(output, *job) for job in ((), (EXPERIMENT,)))
    widths = [sum(cfg.model.get("hidden_layer_sizes") or []) for cfg in (before, after)]
    if not 2 * widths[0] <= widths[1]:
        text = f"{EXPERIMENT} trains a network of {widths[1]} hidden units, and the default has"
        raise NotYet(f"{text} {widths[0]}: see `model.hidden_layer_sizes`.")
    part, key = ("trainer", "max_epochs") if uses_lightning() else ("model", "max_iter")
    epochs = [cfg[part][key] for cfg in (before, after)]
    if not 2 * epochs[0] <= epochs[1]:
        text = f"{EXPERIMENT} trains for {epochs[1]} epochs, not for twice as many as by default"
        raise NotYet(f"{text}, {epochs[0]}.")


def _compose(output: Path, *job: str) -> "Config":
    """The configuration of one run of the experiment."""
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException

    from workbench.errors import UserError

    try:
        return make_config(output, EXPERIMENT, *job)
    except (UserError, HydraException, OmegaConfBaseException) as error:
        options = " ".join([EXPERIMENT, *job])
        raise NotYet(f"{options}: {' '.join(str(error).split())}") from error


def _list_jobs(cfg: "DictConfig") -> list[list[str]]:
    """The overrides of each run, as Hydra's sweeper makes them."""
    from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.errors import HydraException
    from hydra.types import RunMode

    if cfg.hydra.mode is RunMode.MULTIRUN:
        raise NotYet(f"{EXPERIMENT} sweeps without --multirun, too, so DVC cannot run it once.")
    if cfg.hydra.mode is RunMode.RUN:
        raise NotYet(f"{EXPERIMENT} is one run with --multirun, too: see `hydra.mode`.")
    params = cfg.hydra.sweeper.params
    if not params:
        raise NotYet(f"{FILE} has no sweep: `hydra.sweeper.params` is empty.")
    try:
        overrides = OverridesParser.create().parse_overrides(
            [f"{key}={value}" for key, value in params.items()]
        )
        batches = BasicSweeper.split_arguments(overrides, max_batch_size=None)
    except HydraException as error:
        text = " ".join(str(error).split())
        raise NotYet(f"Hydra cannot read the sweep in {FILE}: {text}") from error
    return [list(job) for batch in batches for job in batch]
