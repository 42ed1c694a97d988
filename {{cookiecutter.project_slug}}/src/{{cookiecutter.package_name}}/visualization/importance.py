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
    test: pl.DataFrame, models: Sequence[Predictor], metric: Callable[[Outcome], float]
) -> pl.DataFrame:
    """Shuffle one column after the other.

    Args:
        test: Raw rows with their target.
        models: One for each seed.
        metric: What is lost.

    Returns:
        `column`, `mean` and `std` over the models, the most important column first. A loss of 0.1
        in accuracy and a rise of 0.1 in an error are both 0.1.
    """
    test = test.head(MAX_ROWS)
    sign = 1 if metric.__name__ in LOWER_IS_BETTER else -1
    order = np.random.default_rng(0).permutation(test.height)
    whole = [metric(evaluate(model, test)) for model in models]
    rows = []
    for column in models[0].columns:
        shuffled = test.with_columns(test[column].gather(order))
        losses = [
            sign * (metric(evaluate(model, shuffled)) - value)
            for model, value in zip(models, whole, strict=True)
        ]
        rows.append((column, float(np.mean(losses)), float(np.std(losses))))
    table = pl.DataFrame(rows, schema=["column", "mean", "std"], orient="row")
    return table.sort("mean", "column", descending=[True, False])


def draw_importance(importance: pl.DataFrame, metric: str) -> Figure:
    """Bars, the longest one on top, with one standard deviation over the seeds."""
    shown = importance.head(SHOWN).reverse()
    figure = Figure(figsize=(7, 1.2 + 0.25 * shown.height), layout="constrained")
    axes = figure.add_subplot(title="Permutation importance on the test split")
    axes.barh(shown["column"], shown["mean"], xerr=shown["std"], color="tab:blue", alpha=0.7)
    verb = "rises" if metric in LOWER_IS_BETTER else "falls"
    axes.set(xlabel=f"how much {metric} {verb} if the column is shuffled")
    return figure
