"""What the checks share."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from omegaconf import DictConfig

    from {{ cookiecutter.package_name }}.config import Config
    from {{ cookiecutter.package_name }}.features.examples import Examples

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "{{ cookiecutter.package_name }}"
PREPROCESSING = """
<ir_version: 10, opset_import: ["": 21]>
gaps_to_zeros (float[n, d] numbers) => (float[n, d] features) <float zero = {0}> {
    missing = IsNaN (numbers)
    features = Where (missing, zero, numbers)
}
"""
MODEL = """
<ir_version: 10, opset_import: ["": 21]>
linear (float[n, d] features) => (float[n, c] output) {
    sums = MatMul (features, weights)
    output = LAST (sums)
}
"""


class NotYet(Exception):
    """What is still wrong, said to whoever works on it."""


def environment(root: Path, **extra: str) -> dict[str, str]:
    """The variables of a process that runs the code of `root`."""
    paths = [str(Path(sys.executable).parent), os.environ.get("PATH", "")]
    return {
        **os.environ,
        "PATH": os.pathsep.join(paths),
        "PYTHONPATH": str(root / "src"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "DVC_NO_ANALYTICS": "1",
        **extra,
    }


def run(
    *command: str, root: Path, timeout: float | None = None, **extra: str
) -> subprocess.CompletedProcess[str]:
    """Run a command on the code of `root`, and keep what it prints.

    Raises:
        subprocess.TimeoutExpired: It has not ended after so many seconds.
    """
    return subprocess.run(
        command,
        cwd=root,
        env=environment(root, **extra),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=timeout,
        check=False,
    )


def git(*arguments: str) -> list[str]:
    """The lines that a Git command prints; none if it fails."""
    return run("git", *arguments, root=ROOT).stdout.splitlines()


@contextmanager
def copied_project(in_git: bool = False) -> Iterator[Path]:
    """A copy of what Git keeps or would keep, in which a check may run and change things.

    Args:
        in_git: Whether the copy is a Git repository, whose index has the files.
    """
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        root = Path(folder).resolve()
        for name in git("ls-files", "--cached", "--others", "--exclude-standard"):
            if (ROOT / name).is_file():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(ROOT / name, root / name)
        if in_git:
            run("git", "init", "--quiet", root=root)
            run("git", "add", "--all", root=root)
        yield root


def uses_lightning() -> bool:
    """Whether Lightning trains the models, and not scikit-learn."""
    return (ROOT / "configs" / "trainer").is_dir()


def short_training() -> str:
    """The override with which the model of the pipeline trains for two epochs."""
    return "trainer.max_epochs=2" if uses_lightning() else "model.max_iter=2"


def compose_config(output: Path, *overrides: str) -> DictConfig:
    """Compose what a run that writes to `output` is given, Hydra's own part included.

    Raises:
        HydraException: There is no such option or key.
    """
    from hydra import compose, initialize_config_dir
    from hydra.core.hydra_config import HydraConfig

    from {{ cookiecutter.package_name }}.app import CONFIG_DIR

    with initialize_config_dir(CONFIG_DIR, version_base="1.3"):
        cfg = compose("config", overrides=list(overrides), return_hydra_config=True)
    cfg.hydra.runtime.output_dir = str(output)
    HydraConfig.instance().set_config(cfg)  # for values that refer to the run's directory
    return cfg


def make_config(output: Path, *overrides: str) -> Config:
    """The same as the types that scripts are given, with the model that it names.

    Raises:
        UserError: A value is wrong.
        HydraException: There is no such option or key.
    """
    from omegaconf import OmegaConf

    from {{ cookiecutter.package_name }}.app import load_config

    cfg = compose_config(output, *overrides)
    return load_config(OmegaConf.masked_copy(cfg, [str(k) for k in cfg if k != "hydra"]))


def load_digits(n_train: int = 200, n_validation: int = 100) -> tuple[Examples, Examples]:
    """A few examples of the data set, to train and to validate on."""
    from sklearn import datasets

    from {{ cookiecutter.package_name }}.features.examples import Examples

    digits = datasets.load_digits()
    features, targets = (digits.data / 16).astype("float32"), digits.target.astype("int64")
    names = [f"pixel_{row}_{column}" for row in range(8) for column in range(8)]
    parts = slice(0, n_train), slice(n_train, n_train + n_validation)
    train, validation = (Examples(features[part], targets[part], names, 10) for part in parts)
    return train, validation


def write_model(
    path: Path,
    n_columns: int = 4,
    classes: Sequence[str] = ("0", "1", "2"),
    gaps: bool = False,
    scale: float = 1,
    reach: float | None = None,
) -> list[str]:
    """Write the file of a linear model whose weights are random.

    Args:
        path: The file.
        n_columns: How many columns of numbers it takes.
        classes: The labels that it predicts; of two, the second one from a probability of 99 % on;
            with none, it predicts a number.
        gaps: Whether a number may be missing.
        scale: What the weights are multiplied by.
        reach: How far the interval of a number reaches to each side; None: it has none.

    Returns:
        The names of its columns.
    """
    import numpy as np
    from onnx import numpy_helper, parser

    from workbench.onnx.file import write_onnx
    from workbench.onnx.merge import add_head

    from {{ cookiecutter.package_name }}.features.problem import Problem
    from {{ cookiecutter.package_name }}.models.calibrate import Fitted

    names = [f"column_{i}" for i in range(n_columns)]
    weights = scale * np.random.default_rng().normal(size=(n_columns, len(classes) or 1))
    problem = Problem("target", list(classes))
    if len(classes) == 2:
        problem = Problem("target", list(classes), positive=1, threshold=0.99)
    preprocessing = parser.parse_model(PREPROCESSING)
    model = parser.parse_model(MODEL.replace("LAST", "Softmax" if classes else "Identity"))
    model.graph.initializer.append(numpy_helper.from_array(weights.astype("float32"), "weights"))
    facts = {
        "columns": {name: {"kind": "number", "missing": gaps} for name in names},
        "data": "made up",
        "encoding": "utf-8",
        "format": {},
        "inputs": {"numbers": names},
        "problem": problem.to_facts(),
        "training": {name: {"gaps": 0.0, "mean": 0.5} for name in names},
    }
    head = problem.head
    if reach is not None:
        fitted = Fitted("conformal", reach, n_rows=100, aim=0.9)
        head, facts["calibration"] = fitted.make_head(problem), fitted.to_facts()
    write_onnx(add_head(preprocessing, model, head), path, facts)
    return names
