"""The figures show the numbers."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from matplotlib.collections import PolyCollection

from workbench.errors import UserError

from {{ cookiecutter.package_name }}.config import Config
from {{ cookiecutter.package_name }}.visualization.visualize import (
    draw_confusion_matrix,
    draw_learning_curves,
    visualize,
)


def test_the_confusion_matrix_shows_shares_of_the_true_class() -> None:
    predictions = pl.DataFrame({"label": [0, 0, 0, 0, 1], "predicted": [0, 0, 0, 1, 1]})
    axes = draw_confusion_matrix(predictions).axes[0]
    cells = {text.get_position(): text.get_text() for text in axes.texts}
    assert cells == {(0, 0): "75.0", (1, 0): "25.0", (1, 1): "100.0"}
    assert axes.get_xlabel() == "predicted class"


def test_learning_curves_have_a_band_over_seeds() -> None:
    columns = ("train_loss", "validation_loss", "train_accuracy", "validation_accuracy")
    seeds = [
        pl.DataFrame({"step": [1, 2]}).with_columns(pl.lit(value).alias(name) for name in columns)
        for value in (1.0, 3.0)
    ]
    for axes in draw_learning_curves(pl.concat(seeds)).axes:
        for line, band in zip(axes.lines, axes.collections, strict=True):
            assert list(line.get_ydata()) == [2, 2]  # type: ignore[arg-type]
            assert isinstance(band, PolyCollection)
            low, high = 2 - 2**0.5, 2 + 2**0.5
            box = band.get_paths()[0].get_extents()
            assert box.y0 == pytest.approx(low)
            assert box.y1 == pytest.approx(high)


def test_the_same_bytes_each_time(config: Callable[..., Config], project: Path) -> None:
    for path in visualize(config()):
        assert path.read_bytes() == (project / "reports/figures" / path.name).read_bytes()


def test_a_missing_learning_curve_is_named(config: Callable[..., Config]) -> None:
    with pytest.raises(UserError, match="seed_9"):
        visualize(config("seeds=[0,9]"))
