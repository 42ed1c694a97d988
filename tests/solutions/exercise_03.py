"""A training that depends on nothing but its seed."""

from pathlib import Path

from support import PACKAGE, replace

SCRIPT = f"src/{PACKAGE}/models/train_model.py"
READ = r"    train, validation = _read_examples\(config\.paths\.processed\)\n"
FIT = r"config\.model\.fit\(train, validation, config\.seed, config\.threads\)"
SHUFFLED = "train.features[order], train.targets[order]"


def shuffle(project: Path, generator: str, examples: str = SHUFFLED, imports: str = "") -> None:
    """Let the order of the examples be random, as it was, with another generator."""
    lines = f"    order = {generator}.permutation(len(train.targets))\n"
    lines += f"    train = Examples({examples}, train.names, train.n_classes)\n"
    replace(project / SCRIPT, READ, rf"\g<0>{lines}")
    replace(project / SCRIPT, "import hydra\n", f"{imports}import hydra\nimport numpy as np\n")


def seeded(project: Path) -> None:
    """The examples are still shuffled, by the run's seed."""
    shuffle(project, "np.random.default_rng(config.seed)")


def by_the_process(project: Path) -> None:
    """Seeded, by what no other process has."""
    shuffle(project, "np.random.default_rng(os.getpid())", imports="import os\n")


def by_the_time(project: Path) -> None:
    """Seeded by the clock."""
    shuffle(project, "np.random.default_rng(time.time_ns())", imports="import time\n")


def by_a_hash(project: Path) -> None:
    """Seeded by the hash of a string, which differs between processes."""
    shuffle(project, 'np.random.default_rng(abs(hash(f"seed {config.seed}")))')


def features_only(project: Path) -> None:
    """Seeded, and each example has the target of another one."""
    examples = "train.features[order], train.targets"
    shuffle(project, "np.random.default_rng(config.seed)", examples)


def one_seed(project: Path) -> None:
    """Hard-coded: the same model whatever the seed is."""
    replace(project / SCRIPT, FIT, "config.model.fit(train, validation, 0, config.threads)")


def constants(project: Path) -> None:
    """Hard-coded: metrics that are the same bytes in each run, and of no model."""
    replace(project / SCRIPT, r"json\.dumps\(metrics, ", "json.dumps(dict.fromkeys(metrics, 0.9), ")


def still_left_out(project: Path) -> None:
    """Nobody watches it."""
    line = "    name: Do the results reproduce?\n"
    replace(
        project / ".github/workflows/ci.yml", line.replace("?", r"\?"), f"{line}    if: fromJSON('false')\n"
    )


RIGHT = {"seeded": seeded}
WRONG = {
    "process": (by_the_process, "wrote other bytes: model.onnx, metrics.json, learning_curve.csv"),
    "time": (by_the_time, "wrote other bytes"),
    "hash": (by_a_hash, "wrote other bytes"),
    "features only": (features_only, "with their targets, are not the split's"),
    "one seed": (one_seed, "give the same model"),
    "constants": (constants, "metrics.json says 0.9"),
    "left out": (still_left_out, "still leaves out the job `reproduce`"),
}
