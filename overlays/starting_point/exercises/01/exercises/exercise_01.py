"""Hyperparameters in the configuration."""

import random
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from .support import (
    NotYet,
    compose_config,
    load_digits,
    make_config,
    short_training,
    uses_lightning,
)

if TYPE_CHECKING:
    import polars as pl

TESTS = ()
FILE = "configs/model/mlp.yaml"
MLP = "model=mlp"


@dataclass
class Hyperparameter:
    """What the configuration should hold, and what it should refuse."""

    default: float
    others: tuple[float, float]  # any value between them trains another model
    wrong: tuple[float, ...]


FRAMEWORKS = {
    "scikit-learn": {
        "alpha": Hyperparameter(0.0001, (1, 2), (-0.1,)),
        "learning_rate_init": Hyperparameter(0.001, (0.005, 0.02), (0, -0.001)),
    },
    "pytorch-lightning": {"dropout": Hyperparameter(0.1, (0.3, 0.8), (-0.1, 1.5))},
}


def check() -> None:
    """Change each hyperparameter by an override, and see what is trained."""
    hyperparameters = FRAMEWORKS["pytorch-lightning" if uses_lightning() else "scikit-learn"]
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        output = Path(folder)
        for name, expected in hyperparameters.items():
            _check_default(name, expected, output)
        for name, expected in hyperparameters.items():
            _check_effect(name, expected, output)
            _check_range(name, expected, output)
        _check_values_in_use(hyperparameters, output)


def _check_default(name: str, expected: Hyperparameter, output: Path) -> None:
    values = compose_config(output, MLP).model
    if name not in values:
        raise NotYet(f"The value of `{name}` does not stand in {FILE}.")
    if values[name] != expected.default:
        raise NotYet(
            f"`{name}` is {values[name]} in {FILE}, and was {expected.default} in the code."
        )


def _check_effect(name: str, expected: Hyperparameter, output: Path) -> None:
    override = f"model.{name}={random.uniform(*expected.others)}"
    if _train(output).equals(_train(output, override)):
        raise NotYet(f"{override} trains the same model as {expected.default} does.")


def _check_range(name: str, expected: Hyperparameter, output: Path) -> None:
    from workbench.errors import UserError

    for value in expected.wrong:
        override = f"model.{name}={value}"
        try:
            make_config(output, MLP, override)
        except UserError:
            continue
        raise NotYet(f"{override} is accepted: give the field a type with a range.")


def _train(output: Path, *overrides: str) -> "pl.DataFrame":
    """The learning curve of two epochs on a few examples."""
    config = _make(output, short_training(), *overrides)
    curve: pl.DataFrame = config.model.fit(*load_digits(), seed=0, threads=1)
    return curve


def _make(output: Path, *overrides: str) -> Any:
    from workbench.errors import UserError

    try:
        return make_config(output, MLP, *overrides)
    except UserError as error:
        raise NotYet(f"The class and {FILE} do not fit together: {error}.") from error


def _check_values_in_use(hyperparameters: dict[str, Hyperparameter], output: Path) -> None:
    """See what the framework is given: by default, and where all values are others."""
    defaults = {name: expected.default for name, expected in hyperparameters.items()}
    others = {n: random.uniform(*expected.others) for n, expected in hyperparameters.items()}
    for values in (defaults, others):
        overrides = [f"model.{name}={value}" for name, value in values.items()]
        for name, used in _read_values(_make(output, *overrides).model):
            if used != values[name]:
                raise NotYet(f"With {' '.join(overrides)}, the model is made with {name}={used}.")


def _read_values(model: Any) -> list[tuple[str, float]]:
    if hasattr(model, "make_network"):
        layers = model.make_network(64, 10, None).modules()
        return [("dropout", layer.p) for layer in layers if type(layer).__name__ == "Dropout"]
    _, estimator = next(model.train(load_digits()[0], None, seed=0))
    return [(name, getattr(estimator, name)) for name in FRAMEWORKS["scikit-learn"]]
