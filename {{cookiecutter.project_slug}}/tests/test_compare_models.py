"""Models compared over the same seeds and examples."""

import json
from pathlib import Path

import numpy as np
import pytest

from workbench.errors import UserError
from workbench.statistics.resampling import Scores

from {{ cookiecutter.package_name }}.config import Splits
from {{ cookiecutter.package_name }}.models import compare_models
from {{ cookiecutter.package_name }}.models.compare_models import (
    CRITERION,
    describe,
    measure_loss,
    rank,
    train_candidates,
)

CODE = {"commit": "0123456", "dirty": True}
FACTS = {"chosen": "model=second", "splits": [0], "seeds": [0, 1, 2], **CODE}


def score(*values: float) -> list[Scores]:
    """A loss for each seed that does not depend on the examples, of one split."""
    return [Scores(np.array(values), np.tile(values, (400, 1)), 1.0, 100, 100, 300)]


def test_models_are_ranked_and_tested() -> None:
    # For the differences 1, 2, 3: mean 2, standard deviation 1, t = 2 √3 with 2 degrees of freedom
    losses = {
        "model=worst": score(9, 9.5, 9),
        "model=second": score(2, 4, 6),
        "model=best": score(1, 2, 3),
    }
    comparison = rank(losses)
    assert list(comparison["candidates"]) == ["model=best", "model=second", "model=worst"]
    assert comparison["differences"]["model=second"]["p"] == pytest.approx(0.0741799, rel=1e-5)
    text = describe(comparison | FACTS | {"left_out": {"model=cnn": "no image"}})
    assert "The data cannot tell model=best and model=second apart (p = 0.095)" in text
    # 1 / 5 is less than (2 / (2.776 + 0.941))², the quantiles of t for 95 % and for a power of 80 %
    assert "it would take about 5 seeds." in text
    assert "4 candidates were looked at." in text
    assert "Left out: model=cnn (no image)" in text
    assert "`configs/config.yaml` chooses model=second: number 2 of 3." in text
    assert "at commit 0123456, with files that differ from it." in text


def test_the_choice_is_made_within_each_split() -> None:
    losses = {
        "model=flat": [*score(3, 3), *score(3, 3), *score(3, 3)],
        "model=second": [*score(1, 3), *score(1, 2), *score(5, 6)],
    }
    comparison = rank(losses)
    assert comparison["best"] == ["model=second", "model=second", "model=flat"]
    text = describe(comparison | FACTS | {"splits": [0, 1, 2]})
    assert "Of 3 splits, the best is model=second in 2, model=flat in 1." in text
    assert "the test score of the chosen one is optimistic" in text
    assert "The intervals cover splits." in text
    assert "optimistic" not in describe(rank({"a": score(1, 2), "b": score(2, 3)}) | FACTS)


def test_the_same_difference_with_every_seed_has_no_p_value() -> None:
    same = rank({"a": score(1, 2), "b": score(2, 3)})
    assert same["differences"]["b"]["p"] is None
    assert "The difference between a and b is always the same." in describe(same | FACTS)


def test_one_model_has_nothing_to_be_compared_with() -> None:
    alone = rank({"a": score(1, 2)})
    assert (alone["differences"], alone["verdict"]) == ({}, None)
    assert "1 candidates were looked at." in describe(alone | FACTS)


def test_the_loss_is_that_of_the_training(project: Path, homes: Path) -> None:
    for root in (project, homes):
        folders = [root / f"models/split_0/seed_{seed}" for seed in (0, 1)]
        models = [folder / "model.onnx" for folder in folders]
        found = measure_loss(models, root / "data/processed/split_0", Splits())
        recorded = [json.loads((f / "metrics.json").read_text())[CRITERION] for f in folders]
        assert found.values.tolist() == pytest.approx(recorded, rel=1e-5)
        assert found.resampled.std() > 0


def test_where_nothing_is_trained_there_is_no_comparison(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compare_models, "_sweep", lambda *_: None)
    with pytest.raises(UserError, match="Every run failed"):
        train_candidates([0], [0, 1], tmp_path, tmp_path)
