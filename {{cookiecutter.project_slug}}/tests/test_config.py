"""The configuration: every option composes, and a wrong value is named in a line."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from omegaconf import OmegaConf
from pydantic import ValidationError
from small_tables import describe

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
    groups = {"defaults", "serve", "calibration", "metrics"}
    assert keys == {*groups, "seed", "seeds", "split", "splits", "threads"}


def test_a_column_gives_one_split(config: Callable[..., Config]) -> None:
    column = ("+data.split.kind=column", "+data.split.by=tree")
    assert config(*column).splits == [0]
    with pytest.raises(UserError, match="splits: a column says which rows are for the test"):
        config(*column, "splits=[0,1]")


def test_an_experiment_changes_the_model(config: Callable[..., Config]) -> None:
    experiment = Path(CONFIG_DIR, "experiment")
    models = [config(f"experiment={path.stem}").model for path in experiment.glob("*.yaml")]
    assert models
    assert config().model not in models


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("split=-1", "split: Input should be greater than or equal to 0, got -1"),
        ("splits=[]", "splits: List should have at least 1 item"),
        ("splits=[0,0]", "splits: Value error, its values should differ"),
        ("serve.split=7", "serve.split: 7 is not one of `splits`"),
        ("data.n_rows=many", "data.n_rows: Input should be a valid integer"),
        ("data.columns.weight.kind=colour", "data.columns.weight.kind: Input should be 'number', "),
        ("data.target.kind=text", "data.target.kind: Input should be 'category' or 'number'"),
        ("+data.colour=red", "data.colour: Unexpected keyword argument"),
        ("metrics.regression=[]", "metrics.regression: List should have at least 1 item"),
        ("seed=-1", "seed: Input should be greater than or equal to 0, got -1"),
        ("seeds=[0]", "seeds: List should have at least 2 items"),
        ("serve.seed=7", "serve.seed: 7 is not one of `seeds`"),
        ("seeds=[0,1,0]", "seeds: Value error, its values should differ"),
        ("calibration.method=conformal", "conformal needs a target of the kind number, and fruit "),
        ("calibration.method=threshold", "threshold needs data.target.positive, its class"),
        ("calibration.fraction=1", "calibration.fraction: Input should be less than 1"),
        ("calibration.criterion=cost", "calibration.criterion: Input should be 'balanced_accur"),
        ("threads=0", "threads: Input should be greater than 0, got 0"),
        ("+model.colour=red", "model.colour: Unexpected keyword argument"),
    ],
)
def test_a_wrong_value_is_named(config: Callable[..., Config], override: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        config(override)
    assert message in str(caught.value)


@pytest.mark.parametrize("method", ["temperature", "threshold"])
def test_what_is_for_classes_is_refused_for_a_number(
    config: Callable[..., Config], method: str
) -> None:
    with pytest.raises(UserError, match=f"{method} needs a target of the kind category, and price"):
        config("data=number", f"calibration.method={method}")
    assert config("data=number", "calibration.method=conformal").calibration.coverage == 0.9


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("seed=abc", "seed: Input should be a valid integer"),
        ("data.source_file=mine.csv", "Allowed here: "),
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


CONTRADICTIONS = {
    "target beside": ("columns: {a: {kind: number}, y: {kind: number}}", "y is the target, and no"),
    "no column": ("columns: {}", "Dictionary should have at least 1 item"),
    "all ignored": ("columns: {a: {kind: ignored}}", "no column is left for the model"),
    "wrong rule": ("columns: {a: {kind: text, minimum: 0}}", "`minimum` is a rule for the kind"),
    "no range": ("columns: {a: {kind: number, minimum: 2, maximum: 1}}", "should not be greater"),
    "twice": ("columns: {a: {kind: category, values: [1, 1.0]}}", "`values` should differ"),
    "truth": ("columns: {a: {kind: category, values: [yes, no]}}", "YAML reads yes, on or true"),
    "no such by": ("split: {kind: group, by: b}", "split.by: there is no column b"),
    "no by": ("split: {kind: time}", "a time split needs `by`"),
    "useless by": ("split: {by: a}", "a random split has no `by`"),
    "no order": ("split: {kind: time, by: c}", "c has to be of the kind number or time"),
    "two columns": ("split: {kind: column, by: [a, c]}", "goes by one column"),
    "no training": ("split: {test_fraction: 0.8}", "validation_fraction + test_fraction should be"),
    "number": ("target: {column: y, kind: number, positive: 1}", "`positive` names a class"),
    "threshold": ("target: {column: y, kind: category, threshold: 0.3}", "`threshold` needs"),
    "name": ("name: ../mine", "String should match pattern"),
}


@pytest.mark.parametrize(("text", "message"), CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_a_data_set_that_contradicts_itself(text: str, message: str) -> None:
    lines = {
        "columns": "columns: {a: {kind: number}, c: {kind: category}}",
        "target": "target: {column: y, kind: category}",
    }
    lines[text.partition(":")[0]] = text
    with pytest.raises(ValidationError) as caught:
        describe("\n".join(lines.values()))
    assert message in str(caught.value)
