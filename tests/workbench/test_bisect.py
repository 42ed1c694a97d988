"""What is to blame for an output that differs."""

from workbench.check.bisect import find_cause, find_first
from workbench.check.clone import Output
from workbench.record.record import Packages

FACTORS = {"path", "hash_seed", "locale", "umask", "threads"}
LOCKED = Packages("ab", {})


def test_a_cause_is_found_by_halving() -> None:
    tried = []

    def trial(varied: set[str]) -> str:
        tried.append(varied)
        return "other" if "locale" in varied else "right"

    assert find_cause(trial, FACTORS, "right", True, LOCKED) == "the locale"
    assert len(tried) <= 8  # twice as it was, all varied, and 5 in halves


def test_a_cause_of_two_things_together() -> None:
    def trial(varied: set[str]) -> str:
        return "other" if {"path", "umask"} <= varied else "right"

    cause = find_cause(trial, FACTORS, "right", True, LOCKED)
    assert "the folder that the project lies in" in cause
    assert " together with " in cause
    assert "the umask" in cause


def test_what_is_not_the_surroundings() -> None:
    def same(_: set[str]) -> str:
        return "same"

    assert find_cause(same, FACTORS, "edited", False, LOCKED).startswith("dvc.lock")
    assert find_cause(same, FACTORS, "same", True, LOCKED).startswith("nothing that stays")
    newer = Packages("ab", {"numpy": ("2.2", "2.1"), "helper": ("1.0", None)})
    cause = find_cause(same, FACTORS, "before", True, newer)
    assert cause == (
        "packages that differ from the lock: numpy 2.2 (2.1 in the lock), helper 1.0 (not in the lock)"
    )
    assert find_cause(same, FACTORS, "before", True, LOCKED).startswith("nothing that can be varied here")


def test_what_differs_from_run_to_run() -> None:
    runs = iter(range(100))

    def clock(_: set[str]) -> str:
        return str(next(runs))

    def dice(varied: set[str]) -> str:
        return "same" if "entropy" in varied else str(next(runs))

    assert find_cause(clock, FACTORS, "right", True, LOCKED).startswith("the time of the run")
    assert find_cause(dice, FACTORS, "right", True, LOCKED) == "random numbers that no seed reaches"


def test_the_first_difference_is_the_one_whose_inputs_are_the_same() -> None:
    stages = {"train": {"deps": [{"path": "data"}]}, "predict": {"deps": [{"path": "models"}]}}
    different = {
        "metrics.json": Output("predict", "metrics.json", "1"),
        "models/split_0/seed_0/model.onnx": Output("train", "models/split_0/seed_0/model.onnx", "2"),
    }
    assert find_first(stages, different).stage == "train"
