"""Train every configured model over the same seeds, and compare them: `make compare`.

The validation rows of each split decide. Its test rows are not used.
"""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from math import inf
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from hydra import compose as compose_config
from hydra import initialize_config_dir
from omegaconf import DictConfig, OmegaConf
from pydantic import TypeAdapter

from workbench.errors import UserError
from workbench.files import write_text
from workbench.pipeline.stage import read_choices
from workbench.project import find_project, run_as_module
from workbench.record.measure import describe_code
from workbench.record.runs import read_records
from workbench.statistics.comparison import (
    Difference,
    compare,
    explain,
    subtract,
)
from workbench.statistics.resampling import Scores, measure
from workbench.statistics.table import show, show_interval
from workbench.tables import format_table

if not __package__:  # started by its path
    run_as_module(__file__)

from ..config import Splits
from ..features.examples import scan_split
from .metrics import log_loss, rmse
from .outcome import Outcome, evaluate, find_units
from .predictor import Predictor

CRITERION = "validation_loss"  # the lower, the better


def train_candidates(
    splits: list[int], seeds: list[int], folder: Path, root: Path
) -> tuple[dict[str, list[list[Path]]], dict[str, str]]:
    """Train each option of `configs/model/` and `configs/experiment/` on each split with each seed.

    Args:
        splits: Numbers of splits.
        seeds: One run each on each split; every candidate gets the same ones.
        folder: Where the sweeps leave their runs.
        root: The project's folder.

    Returns:
        For each candidate, a list of models per split, in the order of the seeds; and for each
        other option, why it is left out, such as a model for images where the data is a table.

    Raises:
        UserError: Every candidate failed.
    """
    for group in ("model", "experiment"):
        names = sorted(path.stem for path in (root / "configs" / group).glob("*.yaml"))
        if names:
            _sweep(f"{group}={','.join(names)}", splits, seeds, folder / group, root)
    models: dict[str, dict[tuple[int, int], Path]] = {}
    left_out: dict[str, str] = {}
    for record in read_records(folder):
        name = next(text for text in record.overrides if not text.startswith(("seed=", "split=")))
        if record.status != "completed":
            left_out[name] = record.error or record.status
        run = record.config["split"], record.config["seed"]
        models.setdefault(name, {})[run] = record.output / "model.onnx"
    candidates = {
        name: [[paths[split, seed] for seed in seeds] for split in splits]
        for name, paths in models.items()
        if name not in left_out
    }
    if not candidates:
        raise UserError("Every run failed: see above, and `make runs`.")
    return candidates, left_out


def measure_loss(models: list[Path], folder: Path, rule: Splits) -> Scores:
    """The loss of one candidate's models on the validation rows, as their training measured it.

    Args:
        models: One per seed, of one split.
        folder: Where the rows of this split are.
        rule: How it was made: it says which rows belong together.
    """
    validation = scan_split(folder, "validation")
    table, n_train = validation.collect(), scan_split(folder, "train").select(pl.len()).collect()
    predictors = [Predictor(path) for path in models]
    outcomes = [evaluate(predictor, table) for predictor in predictors]
    problem = predictors[0].problem

    def loss(outcome: Outcome) -> float:
        return log_loss(outcome) if problem.classes else (rmse(outcome) / problem.deviation) ** 2

    units = find_units(validation, rule)
    return measure({CRITERION: loss}, outcomes, units, n_train.item())[CRITERION]


def rank(losses: Mapping[str, Sequence[Scores]]) -> dict[str, Any]:
    """Rank the candidates by their loss on the validation rows of each split.

    Returns:
        `candidates`: from the best to the worst, the loss of each with its error bars;
        `differences` of the others from the best one, with their tests; `best`: the best candidate
        within each split; and `verdict`: whether the data can tell the first two apart, None if
        there is one candidate.
    """
    summaries, differences = compare(losses, (0.0, inf))
    ranked = list(summaries)
    verdict = None
    if differences:
        first, second = ranked[:2]
        gaps = subtract(losses[second], losses[first])
        verdict = explain(first, second, gaps, differences[second]["p_holm"])
    means = [[float(scores.values.mean()) for scores in losses[name]] for name in ranked]
    return {
        "candidates": {name: {CRITERION: summary} for name, summary in summaries.items()},
        "differences": differences,
        "best": [ranked[place] for place in np.argmin(means, axis=0)],
        "verdict": verdict,
    }


def describe(comparison: dict[str, Any]) -> str:
    """The comparison in Markdown: a table, the verdict, and the choice."""
    candidates, chosen, seeds = (comparison[key] for key in ("candidates", "chosen", "seeds"))
    n_splits = len(comparison["splits"])
    best = next(iter(candidates))
    rows = []
    for name, summary in candidates.items():
        loss, gap = summary[CRITERION], comparison["differences"].get(name)
        row = [f"{name} (chosen)" if name == chosen else name]
        row += [show(loss["mean"]), show_interval(loss)]
        rows.append([*row, *(_describe_difference(gap) if gap else ["", "", ""])])
    head = ["candidate", CRITERION, "95 % interval", f"worse than {best} by", "95 % interval"]
    place = f"number {list(candidates).index(chosen) + 1}" if chosen in candidates else "not one"
    left_out = comparison.get("left_out", {})
    lines = [
        format_table([*head, "p"], rows),
        "",
        f"Over the seeds {', '.join(map(str, seeds))}, on the same rows of the validation split; "
        "the test split was not looked at. The intervals cover "
        f"{'splits' if n_splits > 1 else 'seeds and examples'}. p is that of a "
        "paired t-test, by Holm's correction for all pairs of candidates.",
        f"{len(candidates) + len(left_out)} candidates were looked at.",
    ]
    if n_splits > 1:
        wins = Counter(comparison["best"]).most_common()
        lines.append(
            f"Of {n_splits} splits, the best is "
            + ", ".join(f"{name} in {count}" for name, count in wins)
            + ". The validation rows of one split are test rows of others, so that the test score "
            "of the chosen one is optimistic."
        )
    if comparison["verdict"]:
        lines.append(comparison["verdict"])
    lines += [f"Left out: {name} ({why})" for name, why in left_out.items()]
    dirty = ", with files that differ from it" if comparison["dirty"] else ""
    lines += [
        f"`configs/config.yaml` chooses {chosen}: {place} of {len(candidates)}.",
        f"The comparison was made at commit {comparison['commit']}{dirty}.",
    ]
    return "\n".join(lines)


def find_chosen(root: Path) -> str:
    """The candidate that `configs/config.yaml` names."""
    choices = read_choices(root)
    group = "experiment" if choices.get("experiment") else "model"
    return f"{group}={choices[group]}"


def read_split(root: Path) -> Splits:
    """How `configs/data/` splits the rows."""
    with initialize_config_dir(str(root / "configs"), version_base="1.3"):
        data = compose_config("config").data
    split: Any = OmegaConf.to_container(data.get("split") or DictConfig({}), resolve=True)
    return TypeAdapter(Splits).validate_python(split)


def _sweep(choice: str, splits: list[int], seeds: list[int], folder: Path, root: Path) -> None:
    script = f"{__package__}.train_model"
    # Only these seeds: the sweep that an experiment defines would multiply the runs.
    own = ("hydra.sweeper.params=null", f"hydra.sweep.dir={folder}")
    runs = (f"{key}={','.join(map(str, v))}" for key, v in {"split": splits, "seed": seeds}.items())
    options = (choice, *runs, *own)
    command = [sys.executable, "-m", script, "--multirun", *options]
    subprocess.run(command, cwd=root, check=False)  # a failed run is in its record


def _describe_difference(gap: Difference) -> list[str]:
    p = "" if gap["p_holm"] is None else f"{gap['p_holm']:.2g}"
    return [show(gap["mean"]), show_interval(gap), p]


def main() -> None:
    """Write `reports/comparison.json` and `comparison.md`."""
    try:
        root = find_project()
        config: Any = OmegaConf.load(root / "configs" / "config.yaml")
        seeds, splits = list(config.seeds), list(config.splits)
        code = describe_code(root)
        time = f"{datetime.now():%Y-%m-%d_%H-%M-%S-%f}"
        folder = root / "multirun" / "compare_models" / time
        candidates, left_out = train_candidates(splits, seeds, folder, root)
        rule = read_split(root)
        folders = [root / "data" / "processed" / f"split_{split}" for split in splits]
        losses = {
            name: [measure_loss(*pair, rule) for pair in zip(models, folders, strict=True)]
            for name, models in candidates.items()
        }
    except UserError as error:
        sys.exit(str(error))
    comparison = {
        "commit": code.commit,
        "dirty": code.dirty,
        "splits": splits,
        "seeds": seeds,
        "chosen": find_chosen(root),
        "left_out": left_out,
        **rank(losses),
    }
    table = describe(comparison)
    for name, text in {"json": json.dumps(comparison, indent=2), "md": table}.items():
        path = root / "reports" / f"comparison.{name}"
        write_text(path, text + "\n")
    print(table)


if __name__ == "__main__":
    main()
