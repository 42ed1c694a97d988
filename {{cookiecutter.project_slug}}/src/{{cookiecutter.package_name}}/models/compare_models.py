"""Train every configured model over the same seeds, and compare them: `make compare`.

The validation split decides. The test split stays unseen until the choice is made.
"""

import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from workbench.errors import UserError
from workbench.files import write_text
from workbench.project import find_project, run_as_module
from workbench.record.measure import describe_code
from workbench.record.runs import read_records
from workbench.statistics.comparison import paired_t_test
from workbench.tables import format_table

if not __package__:  # started by its path
    run_as_module(__file__)

from .metrics import summarize

CRITERION = "validation_loss"  # the lower, the better
Values = dict[str, list[float]]


def train_candidates(
    seeds: list[int], folder: Path, root: Path
) -> tuple[dict[str, Values], dict[str, str]]:
    """Train each option of `configs/model/` and `configs/experiment/` with each seed.

    Args:
        seeds: One run each; every candidate gets the same ones, on the same splits.
        folder: Where the sweeps leave their runs.
        root: The project's folder.

    Returns:
        For each candidate its metrics, one value per seed in their order; and why others are left
        out, such as a model for images where the data is a table.

    Raises:
        UserError: Every candidate failed.
    """
    for group in ("model", "experiment"):
        names = sorted(path.stem for path in (root / "configs" / group).glob("*.yaml"))
        if names:
            _sweep(f"{group}={','.join(names)}", seeds, folder / group, root)
    candidates: dict[str, Values] = {}
    left_out: dict[str, str] = {}
    for record in sorted(read_records(folder), key=lambda record: seeds.index(record.seed or 0)):
        name = next(text for text in record.overrides if not text.startswith("seed="))
        if record.status != "completed":
            left_out[name] = record.error or record.status
        for metric, value in (record.metrics or {}).items():
            candidates.setdefault(name, {}).setdefault(metric, []).append(value)
    candidates = {name: values for name, values in candidates.items() if name not in left_out}
    if not candidates:
        raise UserError("Every run failed: see above, and `make runs`.")
    return candidates, left_out


def compare(candidates: dict[str, Values]) -> dict[str, Any]:
    """Rank the candidates, and test the best two against each other.

    Args:
        candidates: For each its metrics, one value per seed.

    Returns:
        `candidates`: from the best to the worst, each metric's mean, standard deviation and
        confidence interval; `test`: Student's paired t-test over the seeds, None for fewer than two
        candidates. Its `p` is None where the difference is the same with every seed.
    """
    ranked = sorted(candidates, key=lambda name: (sum(candidates[name][CRITERION]), name))
    summaries = {
        name: {metric: summarize(values) for metric, values in candidates[name].items()}
        for name in ranked
    }
    test = None
    if len(ranked) > 1:
        best, second = (candidates[name][CRITERION] for name in ranked[:2])
        gaps = [b - a for a, b in zip(best, second, strict=True)]
        t, p = paired_t_test(gaps) or (None, None)
        test = {"names": ranked[:2], "difference": summarize(gaps), "t": t, "p": p}
    return {"candidates": summaries, "test": test}


def describe(comparison: dict[str, Any]) -> str:
    """The comparison in Markdown: a table, the test, and the choice."""
    candidates, chosen, seeds = (comparison[key] for key in ("candidates", "chosen", "seeds"))
    metrics = list(next(iter(candidates.values())))
    rows = [
        [f"{name} (chosen)" if name == chosen else name]
        + [_describe_summary(summary[metric]) for metric in metrics]
        for name, summary in candidates.items()
    ]
    rank = f"number {list(candidates).index(chosen) + 1}" if chosen in candidates else "not one"
    lines = [
        format_table(("candidate", *metrics), rows),
        "",
        f"Each mean is over the seeds {', '.join(map(str, seeds))}, on the same splits, with the "
        "95 % confidence interval of Student's t distribution. The order is that of the "
        f"{CRITERION}.",
    ]
    if test := comparison["test"]:
        best, second = test["names"]
        lines.append(
            f"{best} against {second}: {CRITERION} lower by {_describe_summary(test['difference'])}"
            + (
                ", the same with every seed."
                if test["p"] is None
                else f"; paired t-test: t = {test['t']:.2f}, p = {test['p']:.2g}."
            )
        )
    lines += [f"Left out: {name} ({why})" for name, why in comparison.get("left_out", {}).items()]
    dirty = ", with files that differ from it" if comparison["dirty"] else ""
    lines += [
        f"`configs/config.yaml` chooses {chosen}: {rank} of {len(candidates)}.",
        f"The comparison was made at commit {comparison['commit']}{dirty}.",
    ]
    return "\n".join(lines)


def find_chosen(root: Path) -> str:
    """The candidate that `configs/config.yaml` names."""
    defaults: Any = OmegaConf.load(root / "configs" / "config.yaml").defaults
    names = {key: name for entry in defaults if entry != "_self_" for key, name in entry.items()}
    group = "experiment" if names.get("experiment") else "model"
    return f"{group}={names[group]}"


def _sweep(choice: str, seeds: list[int], folder: Path, root: Path) -> None:
    script = f"{__package__}.train_model"
    # The seeds are ours: the sweep that an experiment keeps would multiply them.
    own = ("hydra.sweeper.params=null", f"hydra.sweep.dir={folder}")
    options = (choice, f"seed={','.join(map(str, seeds))}", *own)
    command = [sys.executable, "-m", script, "--multirun", *options]
    subprocess.run(command, cwd=root, check=False)  # a failed run is in its record


def _describe_summary(summary: dict[str, float]) -> str:
    return f"{summary['mean']:.4f} ({summary['ci_low']:.4f} … {summary['ci_high']:.4f})"


def main() -> None:
    """Write `reports/comparison.json` and `comparison.md`."""
    try:
        root = find_project()
        config: Any = OmegaConf.load(root / "configs" / "config.yaml")
        seeds = [int(seed) for seed in config.seeds]
        code = describe_code(root)
        time = f"{datetime.now():%Y-%m-%d_%H-%M-%S-%f}"
        folder = root / "multirun" / "compare_models" / time
        candidates, left_out = train_candidates(seeds, folder, root)
    except UserError as error:
        sys.exit(str(error))
    comparison = {
        "commit": code.commit,
        "dirty": code.dirty,
        "seeds": seeds,
        "chosen": find_chosen(root),
        "left_out": left_out,
        **compare(candidates),
    }
    table = describe(comparison)
    for name, text in {"json": json.dumps(comparison, indent=2), "md": table}.items():
        path = root / "reports" / f"comparison.{name}"
        write_text(path, text + "\n")
    print(table)


if __name__ == "__main__":
    main()
