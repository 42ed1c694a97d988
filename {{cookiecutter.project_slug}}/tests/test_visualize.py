"""The figures show the numbers."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.image import imread
from matplotlib.patches import Rectangle

from workbench.errors import UserError
from workbench.statistics.interval import summarize
from workbench.statistics.resampling import Scores

from {{ cookiecutter.package_name }}.config import Config
from {{ cookiecutter.package_name }}.features.problem import Problem
from {{ cookiecutter.package_name }}.models.metrics import accuracy, log_loss, mae
from {{ cookiecutter.package_name }}.models.outcome import Outcome
from {{ cookiecutter.package_name }}.models.predictor import Predictor
from {{ cookiecutter.package_name }}.visualization.evaluation import (
    draw_classification,
    draw_confusion_matrix,
    draw_regression,
)
from {{ cookiecutter.package_name }}.visualization.importance import (
    draw_importance,
    measure_importance,
)
from {{ cookiecutter.package_name }}.visualization.learning_curves import (
    draw_learning_curves,
)
from {{ cookiecutter.package_name }}.visualization.variation import draw_variation
from {{ cookiecutter.package_name }}.visualization.visualize import visualize


def test_the_confusion_matrix_shows_shares_of_the_true_class() -> None:
    outcome = Outcome(np.array([0, 0, 0, 0, 1]), np.array([0, 0, 0, 1, 1]))
    axes = Figure().add_subplot()
    draw_confusion_matrix(axes, outcome, Problem("y", ["a", "b"]))
    cells = {text.get_position(): text.get_text() for text in axes.texts}
    assert cells == {(0, 0): "75.0", (1, 0): "25.0", (1, 1): "100.0"}
    assert axes.get_xlabel() == "predicted class"
    assert [label.get_text() for label in axes.get_xticklabels()] == ["a", "b"]


@pytest.mark.parametrize(("positive", "drawn"), [(None, ["a", "b", "d"]), (1, ["b"])])
def test_each_class_has_its_curves(positive: int | None, drawn: list[str]) -> None:
    """Of two classes the positive one alone; a class that the test split lacks has none."""
    classes = ["a", "b"] if positive else ["a", "b", "c", "d"]
    truth = np.array([0, 0, 1, 1]) if positive else np.array([0, 1, 3, 3])
    probabilities = np.random.default_rng(0).dirichlet(np.ones(len(classes)), 4)
    outcome = Outcome(truth, probabilities.argmax(axis=1), probabilities, positive)
    figure = draw_classification(outcome, Problem("y", classes, positive))
    titles = ["Confusion matrix (%)", "ROC curve", "Precision-recall curve", "Calibration"]
    assert [axes.get_title() for axes in figure.axes] == titles
    for axes in figure.axes[1:]:
        legend = axes.get_legend()
        assert legend is not None
        assert [text.get_text().split()[0] for text in legend.get_texts()] == drawn


def test_predicted_numbers_are_drawn_against_true_ones() -> None:
    truth, predicted = np.array([1.0, 2.0, 4.0]), np.array([1.5, 2.0, 3.0])
    left, right = draw_regression(Outcome(truth, predicted), Problem("y")).axes
    points = [np.asarray(axes.collections[0].get_offsets()).tolist() for axes in (left, right)]
    assert points == [[[1, 1.5], [2, 2], [4, 3]], [[1.5, 0.5], [2, 0], [3, -1]]]


def test_learning_curves_have_a_band_over_seeds() -> None:
    columns = ("train_loss", "validation_loss", "train_mae", "validation_mae")
    seeds = [
        pl.DataFrame({"step": [1, 2]}).with_columns(pl.lit(value).alias(name) for name in columns)
        for value in (1.0, 3.0)
    ]
    figure = draw_learning_curves(pl.concat(seeds))
    assert [axes.get_ylabel() for axes in figure.axes] == ["loss", "mae"]
    for axes in figure.axes:
        for line, band in zip(axes.lines, axes.collections, strict=True):
            assert list(line.get_ydata()) == [2, 2]  # type: ignore[arg-type]
            assert isinstance(band, PolyCollection)
            low, high = 2 - 2**0.5, 2 + 2**0.5
            box = band.get_paths()[0].get_extents()
            assert box.y0 == pytest.approx(low)
            assert box.y1 == pytest.approx(high)


def test_sources_that_were_varied_have_a_bar() -> None:
    values = np.array([0.2, 0.4])
    scores = Scores(values, values + np.tile([[-0.1], [0.1]], (200, 1)), 1.0, 100, 100, 300)
    left, right = draw_variation({"mae": summarize([scores])}, 2).axes
    bars = [bar.get_width() for bar in left.patches if isinstance(bar, Rectangle)]
    assert bars == pytest.approx([0.02**0.5, 0, 0.1], rel=0.02)
    assert [text.get_text().strip() for text in left.texts] == ["not measured"]
    wide, narrow = (np.ptp(np.asarray(line.get_xdata())) for line in right.lines[::2])
    assert wide > 0.4 > 0  # two standard errors of the examples alone, to each side
    assert narrow == pytest.approx(2 * 12.7062 * 0.1, rel=1e-3)  # for two seeds


def load(root: Path) -> tuple[list[Predictor], list[pl.DataFrame]]:
    """The models of a pipeline, and for each the test rows."""
    models = [Predictor(root / f"models/split_0/seed_{seed}/model.onnx") for seed in (0, 1)]
    return models, [pl.read_parquet(root / "data/processed/split_0/test.parquet")] * 2


def test_a_column_that_tells_something_matters_more_than_one_that_does_not(
    project: Path, homes: Path
) -> None:
    for root, metric in ((project, accuracy), (project, log_loss), (homes, mae)):
        found = measure_importance(*load(root), metric)
        means = dict(found.select("column", "mean").iter_rows())
        useful = "note" if root == project else "area"
        assert means[useful] > abs(means["noise"])
        assert found["mean"].is_sorted(descending=True)
    assert found.height == 3
    assert found["column"][0] == "area"


def test_a_column_that_no_model_uses_does_not_matter(project: Path) -> None:
    found = measure_importance(*load(project), log_loss)
    assert set(found["column"]) >= {"picked", "ripe", "note"}
    assert found.row(by_predicate=pl.col("column") == "picked") == ("picked", 0, 0)


def test_the_most_important_column_is_on_top() -> None:
    columns = [f"column {place}" for place in range(30)]
    table = pl.DataFrame({"column": columns, "mean": np.linspace(1, 0, 30), "std": [0.1] * 30})
    (axes,) = draw_importance(table, "mae").axes
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names == columns[:20][::-1]
    assert axes.get_xlabel() == "how much mae rises if the column is shuffled"
    (axes,) = draw_importance(table.head(2), "accuracy").axes
    assert axes.get_xlabel() == "how much accuracy falls if the column is shuffled"


def test_the_same_bytes_each_time(config: Callable[..., Config]) -> None:
    first, second = ([path.read_bytes() for path in visualize(config())] for _ in range(2))
    assert first == second
    assert len({*first}) == 4


def test_numbers_have_the_figures_of_their_task(config: Callable[..., Config]) -> None:
    figures = visualize(config("data=number"))
    names = ["evaluation.png", "importance.png", "learning_curves.png", "variation.png"]
    assert [path.name for path in figures] == names
    height, width = imread(figures[0]).shape[:2]
    assert (width, height) == (1100, 500)  # two parts side by side, and not four


def test_a_missing_learning_curve_is_named(config: Callable[..., Config]) -> None:
    with pytest.raises(UserError, match="seed_9"):
        visualize(config("seeds=[0,9]"))
