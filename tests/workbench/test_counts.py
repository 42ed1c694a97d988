"""What the columns of tables hold, counted."""

import numpy as np
import pytest
from workbench.onnx.counts import MOST, OTHER, Counts, count

INPUTS = {"numbers": ["a", "b"], "categories": ["c"], "text": ["d"]}
GAP = np.nan


def make(numbers: list[list[float]], categories: list[str], text: list[str]) -> dict[str, np.ndarray]:
    return {
        "numbers": np.array(numbers, dtype=np.float32),
        "categories": np.array(categories, dtype=object)[:, None],
        "text": np.array(text, dtype=object)[:, None],
    }


TABLE = make([[1, GAP], [3, GAP], [GAP, GAP], [5, GAP]], ["x", "", "x", "y"], ["one", "", "", "two"])


def test_each_kind_is_counted_with_its_gaps() -> None:
    assert count(TABLE, INPUTS) == {
        "a": {"gaps": 0.25, "mean": 3},
        "b": {"gaps": 1},
        "c": {"gaps": 0.25, "values": {"x": pytest.approx(2 / 3), "y": pytest.approx(1 / 3)}},
        "d": {"gaps": 0.5},
    }


def test_of_an_image_the_brightness_is_counted() -> None:
    pixels = np.array([[[[0], [100]]], [[[200], [100]]]], dtype=np.uint8)
    assert count({"image": pixels}, {"image": ["x"]}) == {"x": {"gaps": 0, "mean": 100}}
    counts = Counts({"image": ["x"]}, {})
    counts.add({"image": pixels[1:]})
    assert counts.describe() == {"x": {"gaps": 0, "mean": 150}}


def test_parts_are_counted_as_the_whole() -> None:
    counts = Counts(INPUTS, {"c": ["x", "y"]})
    assert counts.describe() == {}
    for rows in (slice(0, 1), slice(1, 1), slice(1, 4)):
        counts.add({kind: array[rows] for kind, array in TABLE.items()})
    assert counts.describe() == count(TABLE, INPUTS)


def test_unknown_values_are_counted_together() -> None:
    """So that no client can make the metrics grow, or write a name into them."""
    counts = Counts(INPUTS, {"c": ["x"]})
    counts.add(TABLE)
    assert counts.describe()["c"]["values"] == pytest.approx({"x": 2 / 3, OTHER: 1 / 3})


def test_only_the_most_frequent_values_are_told_apart() -> None:
    values = [f"value {i}" for i in range(MOST + 5)] + ["value 7"] * 5
    table = {"categories": np.array(values, dtype=object)[:, None]}
    shares = count(table, {"categories": ["c"]})["c"]["values"]
    assert next(iter(shares)) == "value 7"
    assert shares[OTHER] == pytest.approx(5 / len(values))
    assert len(shares) == MOST + 1
