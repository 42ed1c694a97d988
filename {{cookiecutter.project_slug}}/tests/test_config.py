"""The configuration: every option composes, and a wrong value is named in a line."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from workbench.errors import UserError

from {{ cookiecutter.package_name }}.app import CONFIG_DIR, ROOT, run
from {{ cookiecutter.package_name }}.config import Config
from {{ cookiecutter.package_name }}.data import make_dataset

OPTIONS = [
    f"{path.parent.name}={path.stem}"
    for path in sorted(Path(CONFIG_DIR).glob("*/*.yaml"))
    if path.parent.name not in ("hydra", "paths")
]


@pytest.mark.parametrize("option", OPTIONS)
def test_every_option_composes(config: Callable[..., Config], option: str) -> None:
    assert callable(config(option).model.fit)


def test_values_of_a_group_stand_in_its_files() -> None:
    # DVC tracks them there: in config.yaml, a change of them would go unnoticed.
    keys = {str(key) for key in OmegaConf.load(Path(CONFIG_DIR, "config.yaml"))}
    assert keys == {"defaults", "seed", "seeds", "threads"}


def test_an_experiment_changes_the_model(config: Callable[..., Config]) -> None:
    experiment = Path(CONFIG_DIR, "experiment")
    models = [config(f"experiment={path.stem}").model for path in experiment.glob("*.yaml")]
    assert models
    assert config().model not in models


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("data.test_fraction=1.5", "data.test_fraction: Input should be less than 1, got 1.5"),
        ("data.test_fraction=0.9", "validation_fraction + test_fraction should be less than 1"),
        ("data.n_classes=many", "data.n_classes: Input should be a valid integer"),
        ("+data.colour=red", "data.colour: Unexpected keyword argument"),
        ("seed=-1", "seed: Input should be greater than or equal to 0, got -1"),
        ("seeds=[0]", "seeds: List should have at least 2 items"),
        ("seeds=[0,1,0]", "seeds: Value error, seeds should differ"),
        ("threads=0", "threads: Input should be greater than 0, got 0"),
        ("+model.colour=red", "model.colour: Unexpected keyword argument"),
    ],
)
def test_a_wrong_value_is_named(config: Callable[..., Config], override: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        config(override)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("seed=abc", "seed: Input should be a valid integer"),
        ("data.test_fractoin=0.1", ", validation_fraction"),
        ("model=none", "Available options in 'model'"),
    ],
)
def test_a_script_says_it_in_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    override: str,
    message: str,
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("HYDRA_FULL_ERROR", "0")
    monkeypatch.setattr(sys, "argv", ["make_dataset", override, f"hydra.run.dir={tmp_path}"])
    with pytest.raises(SystemExit) as caught:
        run(make_dataset.main)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert capsys.readouterr().err == ""
