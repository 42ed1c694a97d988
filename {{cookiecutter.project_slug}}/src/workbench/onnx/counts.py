"""Summaries of columns in a few numbers, for the training data and for requests."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .inputs import Arrays, Inputs

MOST = 20  # values of a category that are counted
OTHER = "(other)"  # all other values together


class Counts:
    """Running sums over tables, as `to_arrays` gives them."""

    def __init__(self, inputs: Inputs, values: Mapping[str, Sequence[str]]) -> None:
        """Start to count.

        Args:
            inputs: The names of the columns.
            values: The counted values of each category; none for other columns.
        """
        self._inputs, self._values = inputs, values
        self._n_rows = 0
        self._given = {kind: np.zeros(len(names), np.int64) for kind, names in inputs.items()}
        self._sums = {kind: np.zeros(len(inputs.get(kind, []))) for kind in ("image", "numbers")}
        self._found = {name: Counter[str]() for name in inputs.get("categories", [])}

    def add(self, arrays: Arrays) -> None:
        """Count the rows of a table."""
        for kind, array in arrays.items():
            if kind == "image":
                self._given[kind] += len(array)
                self._sums[kind] += array.reshape(len(array), -1).mean(axis=1).sum()
                continue
            given = ~np.isnan(array) if kind == "numbers" else array != ""
            self._given[kind] += given.sum(axis=0)
            if kind == "numbers":
                self._sums[kind] += np.where(given, array, 0).sum(axis=0, dtype=np.float64)
            if kind == "categories":
                for name, column in zip(self._inputs[kind], array.T, strict=True):
                    known = self._values[name]
                    self._found[name].update(v if v in known else OTHER for v in column if v)
        self._n_rows += len(array)

    def describe(self) -> dict[str, dict[str, Any]]:
        """For each column `gaps`, their share of the rows, and a summary of the values.

        That is `mean` of numbers, or of an image's pixels from 0 to 255, and `values` of a
        category: the share of each. A column that has no values has neither; without any rows,
        there is nothing.
        """
        facts: dict[str, dict[str, Any]] = {}
        for kind, names in self._inputs.items() if self._n_rows else ():
            for place, name in enumerate(names):
                given = int(self._given[kind][place])
                facts[name] = {"gaps": 1 - given / self._n_rows}
                if given and kind in self._sums:
                    facts[name]["mean"] = float(self._sums[kind][place]) / given
                if given and kind == "categories":
                    found = self._found[name]
                    values = {value: found[value] / given for value in self._values[name]}
                    others = {OTHER: found[OTHER] / given} if found[OTHER] else {}
                    facts[name]["values"] = values | others
        return facts


def count(arrays: Arrays, inputs: Inputs) -> dict[str, dict[str, Any]]:
    """Describe one table, and count the most frequent values of each category."""
    values = {
        name: [value for value, _ in Counter(filter(None, column)).most_common(MOST)]
        for place, name in enumerate(inputs.get("categories", []))
        for column in [arrays["categories"][:, place]]
    }
    counts = Counts(inputs, values)
    counts.add(arrays)
    return counts.describe()
