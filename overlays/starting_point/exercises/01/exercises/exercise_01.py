"""A configuration of your own."""

import json
import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from .support import ROOT, NotYet, copied_project, run

if TYPE_CHECKING:
    from omegaconf import DictConfig

TESTS = ()
FOLDER = "first_steps"
SCRIPT = f"{FOLDER}/train.py"
CONFIGS = f"{FOLDER}/configs"
DEFAULTS = {"seed": 0, "test_fraction": 0.2, "model.n_neighbors": 5}
UNSEEN = {"_target_": "sklearn.naive_bayes.GaussianNB", "var_smoothing": 0.1}


def check() -> None:
    """Run the program with values that nobody has seen before, and compare its accuracy."""
    for name in (SCRIPT, f"{CONFIGS}/config.yaml", f"{CONFIGS}/model/neighbors.yaml"):
        if not (ROOT / name).is_file():
            raise NotYet(f"{name} is not written yet.")
    options = sorted(path.stem for path in (ROOT / CONFIGS / "model").glob("*.yaml"))
    if len(options) < 2:
        raise NotYet(f"{CONFIGS}/model/ has no other model beside neighbors.yaml.")
    with copied_project() as root:
        (root / CONFIGS / "model/unseen.yaml").write_text(yaml.safe_dump(UNSEEN), encoding="utf-8")
        _check_defaults(root)
        jobs = [
            [],
            [f"seed={random.randrange(1, 1000)}"],
            [f"test_fraction={random.uniform(0.4, 0.6):.3f}"],
            [f"model.n_neighbors={random.randrange(50, 90)}", f"seed={random.randrange(1, 1000)}"],
            *([f"model={option}"] for option in [*options, "unseen"]),
        ]
        with ThreadPoolExecutor(2) as pool:
            given = pool.map(lambda n: _run(root, f"run_{n}", *jobs[n]), range(len(jobs)))
            for job, accuracy in zip(jobs, given, strict=True):
                _compare(job, accuracy, _compute(_compose(root, *job)))
        if len({_compose(root, f"model={option}").model["_target_"] for option in options}) < 2:
            raise NotYet(f"{CONFIGS}/model/ has the same classifier by several names.")
        _check_that_nothing_is_left_in_the_code(root)


def _check_defaults(root: Path) -> None:
    from omegaconf import OmegaConf

    cfg = _compose(root)
    for key, value in DEFAULTS.items():
        found = OmegaConf.select(cfg, key)
        if found != value:
            raise NotYet(f"`{key}` is {found} in {CONFIGS}/, and should be {value}.")


def _compose(root: Path, *overrides: str) -> "DictConfig":
    """What Hydra makes of the student's files."""
    from hydra import compose, initialize_config_dir
    from hydra.errors import HydraException

    try:
        with initialize_config_dir(str(root / CONFIGS), version_base="1.3"):
            return compose("config", overrides=[*overrides])
    except HydraException as error:
        text = " ".join(str(error).partition("\nConfig search path:")[0].split())
        raise NotYet(f"{CONFIGS}: {text}") from error


def _run(root: Path, output: str, *overrides: str) -> float:
    """The accuracy that a run of the program writes."""
    options = (*overrides, f"hydra.run.dir={output}")
    done = run("python", SCRIPT, *options, root=root, HYDRA_FULL_ERROR="0")
    command = " ".join([SCRIPT, *overrides])
    if done.returncode:
        *_, last = ["", *filter(str.strip, done.stderr.partition("\nSet the env")[0].splitlines())]
        raise NotYet(f"`python {command}` fails: {last}")
    path = root / output / "accuracy.json"
    if not path.is_file():
        raise NotYet(f"`python {command}` writes no accuracy.json to the run's directory.")
    if not (root / output / ".hydra/config.yaml").is_file():
        raise NotYet(f"`python {command}` keeps no copy of its configuration: see `hydra.main`.")
    try:
        return float(json.loads(path.read_text(encoding="utf-8"))["accuracy"])
    except (ValueError, KeyError, TypeError):
        raise NotYet('accuracy.json is not of the form {"accuracy": 0.5}.') from None


def _compute(cfg: "DictConfig") -> float:
    """The accuracy of the model that a configuration names."""
    from hydra.utils import instantiate
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    digits = load_digits()
    parts = train_test_split(
        digits.data, digits.target, test_size=cfg.test_fraction, random_state=cfg.seed
    )
    train, test, targets, right = parts
    return float(instantiate(cfg.model).fit(train, targets).score(test, right))


def _compare(job: list[str], given: float, right: float) -> None:
    if abs(given - right) > 1e-9:
        what = " ".join(job) or "no overrides"
        text = f"With {what}, the accuracy is {right:.6g}"
        raise NotYet(f"{text}, and accuracy.json says {given:.6g}.")


def _check_that_nothing_is_left_in_the_code(root: Path) -> None:
    """Take each value out of the configuration: the program can no longer know it."""
    for name in ("seed", "test_fraction", "model"):
        try:
            _run(root, f"without_{name}", f"~{name}")
        except NotYet:
            continue
        raise NotYet(f"{SCRIPT} runs without `{name}`, so there is a value for it in the code.")
