"""How much each column matters: what the metric loses if the column's values are shuffled.

Permutation importance: L. Breiman, Machine Learning 45, 2001, doi:10.1023/A:1010933404324.
"""

from collections.abc import Callable, Sequence

import numpy as np
import polars as pl
from matplotlib.figure import Figure

from ..models.metrics import LOWER_IS_BETTER
from ..models.outcome import Outcome, evaluate
from ..models.predictor import Predictor

MAX_ROWS = 1000  # the first rows of the test split
SHOWN = 20  # the most important columns


def measure_importance(
    models: Sequence[Predictor], tests: Sequence[pl.DataFrame], metric: Callable[[Outcome], float]
) -> pl.DataFrame:
    """Shuffle one column after the other.

    Args:
        models: One for each split and seed.
        tests: For each model the test rows of its split, raw, with their target.
        metric: What is lost.

    Returns:
        `column`, `mean` and `std` over the models, the most important column first. A loss of 0.1
        in accuracy and a rise of 0.1 in an error are both 0.1.
    """
    pairs = [(model, test.head(MAX_ROWS)) for model, test in zip(models, tests, strict=True)]
    sign = 1 if metric.__name__ in LOWER_IS_BETTER else -1
    whole = [metric(evaluate(model, test)) for model, test in pairs]
    rows = []
    for column in models[0].columns:
        shuffled = [metric(evaluate(model, shuffle(test, column))) for model, test in pairs]
        losses = sign * np.subtract(shuffled, whole)
        rows.append((column, float(np.mean(losses)), float(np.std(losses))))
    table = pl.DataFrame(rows, schema=["column", "mean", "std"], orient="row")
    return table.sort("mean", "column", descending=[True, False])


def shuffle(table: pl.DataFrame, column: str) -> pl.DataFrame:
    """Shuffle the values of one column, in the same order for every column."""
    order = np.random.default_rng(0).permutation(table.height)
    return table.with_columns(table[column].gather(order))


def draw_importance(importance: pl.DataFrame, metric: str) -> Figure:
    """Bars, the longest one on top, with one standard deviation over the models."""
    shown = importance.head(SHOWN).reverse()
    figure = Figure(figsize=(7, 1.2 + 0.25 * shown.height), layout="constrained")
    axes = figure.add_subplot(title="Permutation importance on the test split")
    axes.barh(shown["column"], shown["mean"], xerr=shown["std"], color="tab:blue", alpha=0.7)
    verb = "rises" if metric in LOWER_IS_BETTER else "falls"
    axes.set(xlabel=f"how much {metric} {verb} if the column is shuffled")
    return figure
