"""What is predicted: the classes, the one that is looked for, and how the models see a target."""

from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest
from small_tables import describe

from workbench.errors import UserError

from {{ cookiecutter.package_name }}.features.problem import Problem, find_problem

COLUMNS = "{a: {kind: number}}"
CLASSES = "  kind: category\n"


def find(target: str, train: Sequence[str | float]) -> Problem:
    """What is predicted if the training split has these targets."""
    data = describe(f"columns: {COLUMNS}\ntarget:\n  column: y\n{target}")
    return find_problem(data.target, pl.Series("y", train))


def test_classes_are_in_the_order_of_the_configuration_or_else_sorted() -> None:
    assert find(f"{CLASSES}  values: [b, a]", ["a", "b"]).classes == ["b", "a"]
    assert find(CLASSES, ["10", "b", "2", "a", "2"]).classes == ["2", "10", "a", "b"]


def test_the_training_split_has_each_class() -> None:
    with pytest.raises(UserError, match="no row of the class b, c: change"):
        find(f"{CLASSES}  values: [a, b, c]", ["a"])


@pytest.mark.parametrize(
    ("positive", "labels", "expected"),
    [
        ("b", ["a", "b"], "b"),
        ("1", ["0", "1"], "1"),
        ("yes", ["no", "yes"], "yes"),  # a truth value in YAML
        ("off", ["off", "on"], "off"),
        ("true", ["False", "True"], "True"),
        ("'yes'", ["no", "yes"], "yes"),
    ],
)
def test_the_positive_class_is_found(positive: str, labels: list[str], expected: str) -> None:
    problem = find(f"{CLASSES}  positive: {positive}\n  threshold: 0.3", labels)
    assert problem.positive is not None
    assert problem.classes[problem.positive] == expected
    assert problem.threshold == 0.3


@pytest.mark.parametrize(
    ("positive", "labels", "message"),
    [
        ("maybe", ["no", "yes"], "maybe is not one of two classes, but these are: no, yes"),
        ("yes", ["off", "no"], "True is not one of two classes, but these are: no, off"),
        ("yes", ["yes", "true"], "True is not one of two classes, but these are: true, yes"),
        ("b", ["a", "b", "c"], "b is not one of two classes, but these are: a, b, c"),
    ],
)
def test_a_positive_class_that_is_none_of_two(
    positive: str, labels: list[str], message: str
) -> None:
    with pytest.raises(UserError, match=f"^data.target.positive: {message}$"):
        find(f"{CLASSES}  positive: {positive}", labels)


@pytest.mark.parametrize(
    ("classes", "labels"),
    [
        (["-1", "0", "10"], [-1, 0, 10]),
        (["0", "01"], ["0", "01"]),
        (["1", "1.5"], ["1", "1.5"]),
        (["1", "a"], ["1", "a"]),
    ],
)
def test_labels_are_as_the_data_has_them(classes: list[str], labels: list[str | int]) -> None:
    assert list(Problem("y", classes).labels.values()) == labels


def test_models_learn_places_of_classes() -> None:
    encoded = Problem("y", ["b", "a"]).encode(pl.Series(["a", "b", "b"]))
    assert encoded.dtype == np.int64
    assert encoded.tolist() == [1, 0, 0]


def test_models_learn_scaled_numbers() -> None:
    train = [1.0, 3.0, 5.0, 7.0]
    problem = find("  kind: number", train)
    assert (problem.task, problem.mean, problem.deviation) == ("regression", 4, 5**0.5)
    encoded = problem.encode(pl.Series(train))
    assert encoded.dtype == np.float32
    np.testing.assert_allclose(encoded, np.array([-3, -1, 1, 3]) / 5**0.5, rtol=1e-6)


def test_a_number_that_is_always_the_same_is_not_scaled() -> None:
    assert find("  kind: number", [2.0, 2.0]).encode(pl.Series([2.0, 3.0])).tolist() == [0, 1]
