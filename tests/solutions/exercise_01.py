"""A small program that Hydra configures, from nothing."""

from functools import partial
from pathlib import Path

from support import changing, replace

FOLDER = Path("first_steps")
SCRIPT, CONFIGS = str(FOLDER / "train.py"), FOLDER / "configs"
CONFIG = str(CONFIGS / "config.yaml")
NEIGHBORS, LINEAR = (str(CONFIGS / f"model/{name}.yaml") for name in ("neighbors", "linear"))
FILES = {
    SCRIPT: '''"""Train a classifier of the digits."""

import json
from pathlib import Path

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.utils import instantiate
from omegaconf import DictConfig
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split


@hydra.main(version_base="1.3", config_path="configs", config_name="config")
def main(cfg: DictConfig) -> None:
    """Write the accuracy on the test split to the run's directory."""
    digits = load_digits()
    train, test, targets, expected = train_test_split(
        digits.data, digits.target, test_size=cfg.test_fraction, random_state=cfg.seed
    )
    model = instantiate(cfg.model).fit(train, targets)
    accuracy = model.score(test, expected)
    output = Path(HydraConfig.get().runtime.output_dir)
    (output / "accuracy.json").write_text(json.dumps({"accuracy": accuracy}), encoding="utf-8")


if __name__ == "__main__":
    main()
''',
    CONFIG: "defaults:\n  - model: neighbors\n  - _self_\n\nseed: 0\ntest_fraction: 0.2\n",
    NEIGHBORS: "_target_: sklearn.neighbors.KNeighborsClassifier\nn_neighbors: 5\n",
    LINEAR: "_target_: sklearn.linear_model.RidgeClassifier\nalpha: 1.0\n",
}
MADE = r"instantiate\(cfg\.model\)"


def solve(project: Path) -> None:
    """Write the program and its configuration."""
    for name, text in FILES.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text, encoding="utf-8")


def written_otherwise(project: Path) -> None:
    """In the run's directory itself; part by part; with another model."""
    replace(project / CONFIG, "_self_\n", "_self_\n\nhydra:\n  job:\n    chdir: true\n")
    replace(project / SCRIPT, r"Path\(HydraConfig.*\)", "Path.cwd()")
    replace(project / SCRIPT, "from hydra.core.hydra_config import HydraConfig\n", "")
    (project / LINEAR).rename(project / CONFIGS / "model/bayes.yaml")
    (project / CONFIGS / "model/bayes.yaml").write_text("_target_: sklearn.naive_bayes.GaussianNB\n")


def without(name: str):
    """Without one of the files."""
    return lambda project: (project / name).unlink()


def by_name(project: Path) -> None:
    """The models stand in the code, and the configuration has their names."""
    made = (
        "(KNeighborsClassifier(cfg.model.n_neighbors) if 'n_neighbors' in cfg.model else RidgeClassifier())"
    )
    imports = "from sklearn.neighbors import KNeighborsClassifier\n"
    imports += "from sklearn.linear_model import RidgeClassifier\n"
    replace(project / SCRIPT, MADE, made)
    replace(project / SCRIPT, "from sklearn.datasets", f"{imports}from sklearn.datasets")


def without_hydra(project: Path) -> None:
    """It reads the file itself, and no command line."""
    replace(project / SCRIPT, "@hydra.main.*\n", "")
    replace(project / SCRIPT, r"    main\(\)", '    main(OmegaConf.load("first_steps/configs/config.yaml"))')
    replace(project / SCRIPT, "import DictConfig", "import DictConfig, OmegaConf")


change = partial(changing, SCRIPT)
ACCURACY = r"model\.score\(test, expected\)"
RIGHT = {"written otherwise": written_otherwise}
WRONG = {
    "no program": (without(SCRIPT), "first_steps/train.py is not written yet"),
    "one model": (without(LINEAR), "has no other model beside neighbors.yaml"),
    "one classifier": (
        lambda project: (project / LINEAR).write_text((project / NEIGHBORS).read_text().replace("5", "7")),
        "has the same classifier by several names",
    ),
    "an empty file": (
        lambda project: (project / LINEAR).write_text(""),
        "first_steps/train.py model=linear` fails",
    ),
    "no such model": (
        changing(LINEAR, "RidgeClassifier", "Rigde"),
        "first_steps/train.py model=linear` fails",
    ),
    "any error is caught": (
        change(
            r"    model = (instantiate.*)\n",
            r"""    from sklearn.neighbors import KNeighborsClassifier
    try:
        model = \1
    except Exception:
        model = KNeighborsClassifier(5).fit(train, targets)
""",
        ),
        "runs without `model`",
    ),
    "hard-coded": (change(ACCURACY, "0.9861111111111112"), "the accuracy is"),
    "seed in the code": (change(r"cfg\.seed", "0"), "With seed="),
    "fraction in the code": (change(r"cfg\.test_fraction", "0.2"), "With test_fraction="),
    "models in the code": (by_name, "With model=unseen, the accuracy is"),
    "neighbors only": (change(MADE, "instantiate(cfg.model, n_neighbors=5)"), "With model.n_neighbors="),
    "default in the code": (change(r"cfg\.seed", 'cfg.get("seed", 0)'), "runs without `seed`"),
    "model in the code": (
        change(MADE, 'instantiate(cfg.get("model", {"_target_": "sklearn.svm.SVC"}))'),
        "runs without `model`",
    ),
    "other default": (changing(CONFIG, "seed: 0", "seed: 1"), "`seed` is 1 in first_steps/configs/"),
    "no defaults": (changing(CONFIG, "  - model: neighbors\n", ""), "`model.n_neighbors` is None"),
    "on the training rows": (change(r"score\(test, expected\)", "score(train, targets)"), "the accuracy is"),
    "rounded": (change(ACCURACY, f"round({ACCURACY}, 1)".replace("\\", "")), "the accuracy is"),
    "elsewhere": (change(r"Path\(HydraConfig.*\)", "Path()"), "writes no accuracy.json to the run's"),
    "without Hydra": (without_hydra, "`python first_steps/train.py` fails"),
}
