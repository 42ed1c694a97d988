"""The effect of a calibration on the test split: how well it keeps its promise."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from workbench.statistics.interval import Summary, summarize
from workbench.statistics.recalibration import Counts
from workbench.statistics.resampling import Rows, Scores, measure
from workbench.statistics.table import show, show_interval
from workbench.tables import format_table

from ..features.problem import Problem
from .calibrate import CRITERIA
from .metrics import POSITIVE, RANGES, SHARE, calibration_error, log_loss
from .outcome import Outcome

Fits = Sequence[Mapping[str, Any]]  # of each seed, what `calibrate.Fitted` says
BOUNDS = RANGES | dict.fromkeys(("coverage", *CRITERIA), SHARE) | {"width": POSITIVE}


def coverage(outcome: Outcome) -> float:
    """The share of the true numbers that are within their intervals."""
    assert outcome.interval is not None
    low, high = outcome.interval.T
    return float(np.mean((low <= outcome.truth) & (outcome.truth <= high)))


def width(outcome: Outcome) -> float:
    """The mean width of the intervals, in the unit of the target."""
    assert outcome.interval is not None
    return float(np.mean(outcome.interval[:, 1] - outcome.interval[:, 0]))


def measure_effect(
    fits: Fits, outcomes: Sequence[Outcome], problem: Problem, units: Rows, n_train: int
) -> dict[str, list[Scores]]:
    """Measure the models of one split with what was fitted, and without it.

    Args:
        fits: What was fitted with each seed.
        outcomes: The answers of each seed's model on the test rows.
        problem: What is predicted.
        units: For each test row the number of its unit, from 0 [n].
        n_train: Rows of the training split.

    Returns:
        For each measure the scores with it, and then, where there are some, those without.
    """
    functions: dict[str, Callable[[Outcome], float]]
    match fits[0]["method"]:
        case "conformal":
            functions = {"coverage": coverage, "width": width}
            return {
                name: [scores]
                for name, scores in measure(functions, outcomes, units, n_train).items()
            }
        case "temperature":
            functions = {"log_loss": log_loss, "calibration_error": calibration_error}
        case _:
            functions = {fits[0]["aim"]: lambda outcome: apply(fits[0]["aim"], outcome)}
    without = [undo(fit, outcome, problem) for fit, outcome in zip(fits, outcomes, strict=True)]
    both = [measure(functions, some, units, n_train) for some in (outcomes, without)]
    return {name: [scores[name] for scores in both] for name in functions}


def apply(criterion: str, outcome: Outcome) -> float:
    """The criterion by which a threshold is chosen."""
    truth, found = (labels == outcome.positive for labels in (outcome.truth, outcome.predicted))
    pairs = (truth & found, ~truth & found, truth & ~found, ~truth & ~found)
    return float(CRITERIA[criterion](Counts(*(np.array([pair.sum()]) for pair in pairs)))[0])


def undo(fit: Mapping[str, Any], outcome: Outcome, problem: Problem) -> Outcome:
    """What the same model would have said with a temperature of 1, or the configured threshold."""
    assert outcome.probabilities is not None
    if fit["method"] == "threshold":
        positive = problem.positive
        assert positive is not None
        found = outcome.probabilities[:, positive] >= problem.threshold
        return replace(outcome, predicted=np.where(found, positive, 1 - positive))
    powers = outcome.probabilities.astype(np.float64) ** fit["value"]
    probabilities = (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)
    return replace(outcome, probabilities=probabilities)


def summarize_effect(splits: Sequence[Mapping[str, list[Scores]]]) -> dict[str, dict[str, Summary]]:
    """For each measure its error bars: `with` it, `without` it, and their `difference`.

    Args:
        splits: The results of `measure_effect`, one per split.
    """
    effect: dict[str, dict[str, Summary]] = {}
    for name in splits[0]:
        bounds = BOUNDS[name]
        found = [split[name] for split in splits]
        effect[name] = {"with": summarize([scores[0] for scores in found], bounds)}
        if len(found[0]) > 1:
            effect[name]["without"] = summarize([scores[1] for scores in found], bounds)
            effect[name]["difference"] = summarize([scores[0] - scores[1] for scores in found])
    return effect


def describe_effect(fits: Fits, effect: Mapping[str, Mapping[str, Summary]]) -> str:
    """Say in Markdown what was fitted, and what it does on the test split."""
    values = [fit["value"] for fit in fits]
    method, aim = fits[0]["method"], fits[0]["aim"]
    purpose = {
        "temperature": "for the lowest log loss",
        "threshold": f"for the highest {aim}",
        "conformal": f"to hold {aim} of the true values",
    }[method]
    name = {"conformal": "reach of the intervals"}.get(method, method)
    spread = f"{show(min(values))} … {show(max(values))}"
    lines = [
        f"Calibration: the {name} is {show(float(np.mean(values)))} on average over the models "
        f"({spread}), fitted on {fits[0]['n_rows']} rows that were set aside, {purpose}.",
        "",
    ]
    if method == "conformal":
        head = ["on the test split", "mean", "95 % interval"]
        rows = [
            [name, show(summary["with"]["mean"]), show_interval(summary["with"])]
            for name, summary in effect.items()
        ]
    else:
        head = ["on the test split", "without it", "with it", "difference", "95 % interval"]
        rows = [
            [
                name,
                *(show(summary[key]["mean"]) for key in ("without", "with", "difference")),
                show_interval(summary["difference"]),
            ]
            for name, summary in effect.items()
        ]
    return "\n".join([*lines, format_table(head, rows)])
