"""A training that depends on nothing but its seed."""

from pathlib import Path

from support import PACKAGE, changing, replace

SCRIPT = f"src/{PACKAGE}/models/train_model.py"
READ = r"    train, validation = _read_examples\(processed\)\n"
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


def by_class(project: Path) -> None:
    """The examples still come class by class, in the order of the classes."""
    lines = r"""    train = read_examples(directory, "train")
    rows = np.argsort(train.targets, kind="stable")
    features, targets = train.features[rows], train.targets[rows]
    return Examples(features, targets, train.names, train.n_classes), (
        read_examples(directory, "validation")
    )
"""
    replace(project / SCRIPT, r"    return read_examples\(directory, \"train\"\), .*\n", lines)
    replace(project / SCRIPT, "import hydra\n", "import hydra\nimport numpy as np\n")


def once(project: Path) -> None:
    """What repeats is still learnt from once, in the order of the split."""
    by_class(project)
    order = "[*{row.tobytes(): place for place, row in enumerate(train.features)}.values()]"
    replace(project / SCRIPT, r"np\.argsort\(.*\)", order)


def by_a_set(project: Path) -> None:
    """The set has another name."""
    by_class(project)
    order = "[row for label in set(map(str, train.targets)) "
    order += "for row in np.flatnonzero(train.targets == int(label))]"
    replace(project / SCRIPT, r"np\.argsort\(.*\)", order)


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


def a_constant_seed(project: Path) -> None:
    """Seeded, by what no run has chosen."""
    shuffle(project, "np.random.default_rng(0)")


def fewer(project: Path) -> None:
    """As many examples as there are of the first class."""
    shuffle(project, "np.random.default_rng(config.seed)", "train.features[:100], train.targets[:100]")


def in_the_environment(project: Path) -> None:
    """The fault is still there, and the pipeline does not show it."""
    by_a_set(project)
    replace(project / "dvc.yaml", "cmd: python", "cmd: PYTHONHASHSEED=0 python")
    replace(project / "Makefile", "export PYTHONPATH", "export PYTHONHASHSEED := 0\nexport PYTHONPATH")


def started_again(project: Path) -> None:
    """The script starts itself again, with hashes that are always the same."""
    by_a_set(project)
    lines = """if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != "0":
        os.environ["PYTHONHASHSEED"] = "0"
        os.execv(sys.executable, sys.orig_argv)
"""
    replace(project / SCRIPT, 'if __name__ == "__main__":\n', lines)
    replace(project / SCRIPT, "import hydra\n", "import os\nimport sys\nimport hydra\n")


CI = ".github/workflows/ci.yml"
NAME = r"    name: Do the results reproduce\?\n"
CALL = r"- run: make reproduce .*"


def no_job(project: Path) -> None:
    """Nobody watches it."""
    replace(project / CI, r"\n  reproduce:\n[\s\S]*", "")


RIGHT = {"seeded": seeded, "by class": by_class, "once": once}
WRONG = {
    "process": (by_the_process, "wrote other bytes: model.onnx, metrics.json, learning_curve.csv"),
    "time": (by_the_time, "wrote other bytes"),
    "hash": (by_a_hash, "wrote other bytes"),
    "a set": (by_a_set, "wrote other bytes"),
    "environment": (in_the_environment, "wrote other bytes"),
    "constant seed": (a_constant_seed, "shuffled, and in the same way with every seed"),
    "features only": (features_only, "with their targets, are not the split's"),
    "fewer": (fewer, "with their targets, are not the split's"),
    "one seed": (one_seed, "give the same model"),
    "constants": (constants, "metrics.json says 0.9"),
    "no job": (no_job, "No job of .github/workflows/ci.yml runs `make reproduce`"),
    "a job by name": (changing(CI, CALL, "- run: echo make reproduce"), "No job of"),
    "if": (changing(CI, NAME, r"\g<0>    if: false\n"), "it has an `if`"),
    "go on": (changing(CI, NAME, r"\g<0>    continue-on-error: true\n"), "it may succeed although"),
    "or true": (changing(CI, CALL, "- run: make reproduce || true"), "it may succeed although"),
    "then true": (changing(CI, CALL, "- run: make reproduce; true"), "it may succeed although"),
    "a pipe": (
        lambda project: [
            changing(CI, r"defaults:\n  run:\n    shell: bash\n", "")(project),
            changing(CI, CALL, "- run: make reproduce | tail -n 2")(project),
        ],
        "a pipe fails only if",
    ),
    "a dry run": (changing(CI, CALL, "- run: make reproduce --dry-run"), "No job of"),
    "not installed": (
        changing(CI, rf" *- run: make setup\n(?=(?:.*\n){{1,9}} *{CALL})", ""),
        "does not install",
    ),
    "no YAML": (changing(CI, "jobs:", "jobs: ["), "ci.yml is no workflow: while parsing"),
    "by hand": (changing(CI, r"  push:\n    branches: .*\n", ""), "a push does not start it"),
    "started again": (started_again, "PYTHONHASHSEED hides the reason"),
}
