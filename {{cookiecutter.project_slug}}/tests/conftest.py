"""One small run of the whole pipeline, which the tests share, on data of their own."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import cache
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf, open_dict, read_write

from {{ cookiecutter.package_name }}.app import CONFIG_DIR, load_config
from {{ cookiecutter.package_name }}.config import Config
from {{ cookiecutter.package_name }}.data.make_dataset import make_dataset
from {{ cookiecutter.package_name }}.features.build_features import build_features
from {{ cookiecutter.package_name }}.models.predict_model import predict_model
from {{ cookiecutter.package_name }}.models.train_model import train_model

SEEDS = [0, 1]
PACKAGE = Config.__module__.partition(".")[0]
PREPARING = ("features.build_features", "features.examples", "models.predictor")
OWN = Path(__file__).parent / "configs"  # data sets of the tests
# Whatever configs/config.yaml names, unless a test chooses it
USUAL = {
    "data": "data=kinds",
    "model": "model=mlp",
    "experiment": "~experiment",
    "tracker": "tracker=none",
    "split": "split=0",
    "splits": "splits=[0]",
    "serve.split": "serve.split=0",
    "serve.seed": "serve.seed=0",
    "calibration.method": "calibration.method=none",
    "metrics.classification": "metrics.classification=[accuracy,macro_f1,log_loss]",
    "metrics.regression": "metrics.regression=[rmse,mae,r2]",
}


@cache
def compose_config(*overrides: str) -> DictConfig:
    """What Hydra composes, its own part included: once for each overrides, since it takes long."""
    given = {override.partition("=")[0] for override in overrides}
    if "experiment" in given:
        given.add("model")  # the experiment chooses it
    usual = [override for key, override in USUAL.items() if key not in given]
    usual += [f'hydra.searchpath=["file://{OWN.as_posix()}"]', f"seeds={SEEDS}"]
    with initialize_config_dir(CONFIG_DIR, version_base="1.3"):
        return compose("config", overrides=[*usual, *overrides], return_hydra_config=True)


def make_config(root: Path, output: str, *overrides: str) -> Config:
    """Compose the configuration of a run below `root` that writes to `output`."""
    cfg = deepcopy(compose_config(*overrides))
    with read_write(cfg), open_dict(cfg):
        cfg.hydra.runtime.output_dir = str(root / output)
    HydraConfig.instance().set_config(cfg)  # for values that refer to the run's directory
    cfg = OmegaConf.masked_copy(cfg, [str(key) for key in cfg if key != "hydra"])
    for name in cfg.paths:
        cfg.paths[name] = str(root / cfg.paths[name])
    return load_config(cfg)


@pytest.fixture(autouse=True)
def untracked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the runs of tests out of the user's own tracker."""
    monkeypatch.delenv("TRACKER", raising=False)


@pytest.fixture(scope="session", autouse=True)
def unprepared() -> Iterator[None]:
    """Bypass `features/prepare.py`, as the tests' tables may lack the columns that it uses."""
    with pytest.MonkeyPatch.context() as patch:
        for module in PREPARING:
            patch.setattr(f"{PACKAGE}.{module}.prepare", lambda table: table)
        yield


def run_pipeline(root: Path, *overrides: str) -> Path:
    """Run every step over two seeds, from raw data to the evaluation."""
    make_dataset(make_config(root, "data/raw", *overrides))
    evaluation = make_config(root, "reports", *overrides)
    for split in evaluation.splits:
        config = make_config(root, f"data/processed/split_{split}", *overrides)
        config.split = split
        build_features(config)
        for seed in SEEDS:
            config = make_config(root, f"models/split_{split}/seed_{seed}", *overrides)
            config.split, config.seed = split, seed
            train_model(config)
    predict_model(evaluation)
    return root


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the results of a pipeline over two seeds: classes, from each kind of column."""
    return run_pipeline(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another one, of numbers alone: data=number."""
    return run_pipeline(tmp_path_factory.mktemp("homes"), "data=number")


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another one, of small pictures and two classes: data=pictures."""
    return run_pipeline(tmp_path_factory.mktemp("pictures"), "data=pictures")


@pytest.fixture
def config(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., Config]:
    """The configuration of a script that reads from the folder of its data, and writes elsewhere.

    It reads from `project`, or what data=number or data=pictures says; it writes to `tmp_path`.
    """
    folders = {"data=number": "homes", "data=pictures": "pictures"}

    def make(*overrides: str) -> Config:
        name = next((folders[text] for text in overrides if text in folders), "project")
        return make_config(request.getfixturevalue(name), str(tmp_path), *overrides)

    return make


@pytest.fixture(scope="session")
def pipeline() -> Callable[..., Path]:
    """Runs a whole pipeline in a folder, with a configuration of a test's own."""
    return run_pipeline


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Path]:
    """Runs a whole pipeline with a configuration of a test's own."""
    return lambda *overrides: run_pipeline(tmp_path, *overrides)
