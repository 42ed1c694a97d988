"""How hyperparameters were searched for: studies of `hydra/sweeper=optuna`, from the records."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from .compute import count_statuses
from .surroundings import format_commit
from .tables import format_table

SHOWN = 5  # of a study's trials


def list_searches(runs: list[dict[str, Any]]) -> Iterator[str]:
    """Each study with its command, how many trials it had, and the best of them, in Markdown."""
    studies: dict[str, list[dict[str, Any]]] = {}
    for run in runs:
        if study := (run.get("sweep") or {}).get("study"):
            studies.setdefault(study, []).append(run)
    for name, trials in sorted(studies.items()):
        trials.sort(key=lambda trial: str(trial["start"]))
        highest = trials[-1]["sweep"]["direction"] == "maximize"
        yield (
            f"Optuna searched in {len(trials)} trials "
            f"({count_statuses(Counter(trial['status'] for trial in trials))}) of the study {name}:"
        )
        commands = dict.fromkeys(" ".join(trial["command"]) for trial in trials)
        yield "```shell\n" + "\n".join(commands) + "\n```"
        ended = [trial for trial in trials if isinstance(trial.get("returned"), float)]
        ended.sort(key=lambda trial: float(trial["returned"]), reverse=highest)
        if ended:
            word = "highest" if highest else "lowest"
            yield f"Its best trials, by the {word} value that the script returned:"
            yield format_table(
                ("value", "overrides", "seed", "commit"), map(_describe_trial, ended[:SHOWN])
            )


def _describe_trial(trial: dict[str, Any]) -> list[object]:
    commit = format_commit(trial["code"], length=7)
    return [f"{trial['returned']:.4f}", " ".join(trial["overrides"]), trial["seed"], commit]
