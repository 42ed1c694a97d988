"""How hyperparameters were searched for: studies of `hydra/sweeper=optuna`, from the records."""

from collections.abc import Iterator

from ..record.record import Record
from ..tables import format_table
from .cost import count_statuses

SHOWN = 5  # of a study's trials


def list_studies(runs: list[Record]) -> Iterator[str]:
    """Each study with its command, how many trials it had, and the best of them, in Markdown."""
    studies: dict[str, list[Record]] = {}
    for run in runs:
        if run.sweep and run.sweep.study:
            studies.setdefault(run.sweep.study, []).append(run)
    for name, trials in sorted(studies.items()):
        trials.sort(key=lambda trial: trial.start)
        last = trials[-1].sweep
        highest = last is not None and last.direction == "maximize"
        yield (
            f"Optuna searched in {len(trials)} trials "
            f"({count_statuses(trials)}) of the study {name}:"
        )
        commands = dict.fromkeys(" ".join(trial.command) for trial in trials)
        yield "```shell\n" + "\n".join(commands) + "\n```"
        ended = [trial for trial in trials if isinstance(trial.returned, float)]
        ended.sort(key=lambda trial: float(trial.returned), reverse=highest)
        if ended:
            word = "highest" if highest else "lowest"
            yield f"Its best trials, by the {word} value that the script returned:"
            yield format_table(
                ("value", "overrides", "seed", "commit"), map(_describe_trial, ended[:SHOWN])
            )


def _describe_trial(trial: Record) -> list[object]:
    commit = trial.code.describe(length=7)
    return [f"{trial.returned:.4f}", " ".join(trial.overrides), trial.seed, commit]
