"""The experiment `wide_mlp`."""

from pathlib import Path

from support import framework_of, replace

FILE = "configs/experiment/wide_mlp.yaml"
EPOCHS = {"scikit-learn": "model.max_iter", "pytorch-lightning": "trainer.max_epochs"}


def another_question(project: Path) -> None:
    """Two layers, and the number of epochs swept instead of the width."""
    epochs = EPOCHS[framework_of(project)]
    replace(project / FILE, r"hidden_layer_sizes: \[256\]", "hidden_layer_sizes: [128, 128]")
    replace(project / FILE, "seed: .*", "seed: 5,8")
    replace(project / FILE, "model.hidden_layer_sizes: .*", f"{epochs}: 30,60,90")


def no_change(project: Path) -> None:
    """The default model, by another name."""
    replace(project / FILE, r"\nmodel:\n[\s\S]*?\n\n", "\n")


def not_wider(project: Path) -> None:
    """Something else is changed."""
    replace(project / FILE, r"hidden_layer_sizes: \[256\]", "batch_size: 64")


def not_longer(project: Path) -> None:
    """The epochs of the default."""
    replace(project / FILE, r"(max_iter|max_epochs): 60", r"\1: 30")


def a_bit_longer(project: Path) -> None:
    """One epoch more."""
    replace(project / FILE, r"(max_iter|max_epochs): 60", r"\1: 31")


def a_bit_wider(project: Path) -> None:
    """Wider than the default by one unit."""
    replace(project / FILE, r"hidden_layer_sizes: \[256\]", "hidden_layer_sizes: [129]")


def never(project: Path) -> None:
    """A sweep that cannot be run."""
    replace(project / FILE, "hydra:\n", "hydra:\n  mode: RUN\n")


def no_sweep(project: Path) -> None:
    """Values only."""
    replace(project / FILE, r"hydra:\n[\s\S]*", "")


def seeds_only(project: Path) -> None:
    """Error bars of one model, which is compared with nothing."""
    replace(project / FILE, " *model.hidden_layer_sizes: .*\n", "")


def one_seed(project: Path) -> None:
    """Models that are compared without error bars."""
    replace(project / FILE, r"seed: .*", "seed: range(1)")


def out_of_range(project: Path) -> None:
    """One of the runs would fail."""
    replace(project / FILE, "model.hidden_layer_sizes: .*", "model.batch_size: 32,0")


def unknown_key(project: Path) -> None:
    """A key that the configuration does not have."""
    replace(project / FILE, "model.hidden_layer_sizes", "model.widths")


def no_change_of_the_model(project: Path) -> None:
    """Runs that differ in what the model does not depend on."""
    replace(project / FILE, "model.hidden_layer_sizes: .*", "threads: 1,2")


def the_same_twice(project: Path) -> None:
    """Hard-coded to look like a sweep: the same width, twice."""
    replace(project / FILE, "model.hidden_layer_sizes: .*", 'model.hidden_layer_sizes: "[256],[256]"')


def always(project: Path) -> None:
    """A sweep that cannot be left out."""
    replace(project / FILE, "hydra:\n", "hydra:\n  mode: MULTIRUN\n")


def not_global(project: Path) -> None:
    """Without its first line, its keys are `experiment.model`, …"""
    replace(project / FILE, "# @package _global_\n", "")


def not_closed(project: Path) -> None:
    """What Hydra cannot parse."""
    replace(project / FILE, r"range\(3\)", "range(3")


RIGHT = {"another question": another_question}
WRONG = {
    "no change": (no_change, "trains the model that is trained without it"),
    "not wider": (not_wider, "hidden units, and the default has"),
    "not longer": (not_longer, "for 30 epochs, not for twice as many"),
    "a bit wider": (a_bit_wider, "hidden units, and the default has"),
    "a bit longer": (a_bit_longer, "for 31 epochs, not for twice as many"),
    "never": (never, "is one run with --multirun"),
    "no sweep": (no_sweep, "has no sweep"),
    "seeds only": (seeds_only, "changes nothing but the seed"),
    "one seed": (one_seed, "2 runs, all with the same seed"),
    "out of range": (out_of_range, "model.batch_size: Input should be greater than 0, got 0"),
    "unknown key": (unknown_key, "Could not override 'model.widths'"),
    "no change of the model": (no_change_of_the_model, "the same model with the same seed twice"),
    "hard-coded": (the_same_twice, "changes nothing but the seed"),
    "always": (always, "sweeps without --multirun"),
    "not global": (not_global, "Did you mean to override model?"),
    "not closed": (not_closed, "Hydra cannot read the sweep"),
}
