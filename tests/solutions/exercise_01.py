"""Hyperparameters in the configuration."""

from pathlib import Path

from support import PACKAGE, framework_of, replace

CLASS = f"src/{PACKAGE}/models/estimators/mlp.py"
FILE = "configs/model/mlp.yaml"
# Of each framework: a hyperparameter, its default value, another one, and its range as `Field` takes it
NAMES = {
    "scikit-learn": ("alpha", "0.0001", "0.001", "ge=0"),
    "pytorch-lightning": ("dropout", "0.1", "0.2", "ge=0, lt=1"),
}


def other_types(project: Path) -> None:
    """Ranges and values that are written in another way."""
    name, default, _, limits = NAMES[framework_of(project)]
    kind = f"Annotated[float, Field({limits}, allow_inf_nan=False)]"
    replace(project / CLASS, rf"    {name}: .*", f"    {name}: {kind}")
    replace(project / FILE, f"{name}: .*", f"{name}: {float(default):e}")


def not_used(project: Path) -> None:
    """In the file and in the class, and the code still has its own number."""
    name, default, _, _ = NAMES[framework_of(project)]
    replace(project / CLASS, f"self\\.{name}", default)


def only_the_class(project: Path) -> None:
    """A default value in the class, and none in the file."""
    name, default, _, _ = NAMES[framework_of(project)]
    replace(project / CLASS, rf"    {name}: .*\n", "")
    method = r"\n\n    (@property|def make_network)"
    replace(project / CLASS, method, rf"\n    {name}: float = {default}\n\n    \1")
    replace(project / FILE, rf"{name}: .*\n", "")


def only_the_file(project: Path) -> None:
    """A key that the class has no field for."""
    name, default, _, _ = NAMES[framework_of(project)]
    replace(project / CLASS, rf"    {name}: .*\n", "")
    replace(project / CLASS, f"self\\.{name}", default)


def another_default(project: Path) -> None:
    """A number that seemed better."""
    name, _, other, _ = NAMES[framework_of(project)]
    replace(project / FILE, f"{name}: .*", f"{name}: {other}")


def no_range(project: Path) -> None:
    """Any number is accepted."""
    name, _, _, _ = NAMES[framework_of(project)]
    replace(project / CLASS, rf"    {name}: [^#\n]*", f"    {name}: float  ")


def special_case(project: Path) -> None:
    """Hard-coded: any other value trains another model, and always the same one."""
    name, default, other, _ = NAMES[framework_of(project)]
    replace(project / CLASS, f"self\\.{name}", f"({default} if self.{name} == {default} else {other})")


def another_scale(project: Path) -> None:
    """The right value, and half of it is used."""
    name, _, _, _ = NAMES[framework_of(project)]
    replace(project / CLASS, f"self\\.{name}", f"self.{name} / 2")


RIGHT = {"other types": other_types}
WRONG = {
    "not used": (not_used, "trains the same model as"),
    "only the class": (only_the_class, "does not stand in configs/model/mlp.yaml"),
    "only the file": (only_the_file, "do not fit together"),
    "another default": (another_default, "in the code"),
    "no range": (no_range, "-0.1 is accepted: give the field a type with a range"),
    "special case": (special_case, "the model is made with"),
    "another scale": (another_scale, "the model is made with"),
}
