"""Models compared over the same seeds."""

from pathlib import Path

import pytest

from workbench.errors import UserError

from {{ cookiecutter.package_name }}.models import compare_models
from {{ cookiecutter.package_name }}.models.compare_models import (
    CRITERION,
    compare,
    describe,
    train_candidates,
)


def test_models_are_ranked_and_tested() -> None:
    # For the differences 1, 2, 3: mean 2, standard deviation 1, t = 2 √3 with 2 degrees of freedom
    comparison = compare(
        {
            "model=worst": {CRITERION: [9.0, 9.0, 9.0]},
            "model=second": {CRITERION: [2.0, 4.0, 6.0]},
            "model=best": {CRITERION: [1.0, 2.0, 3.0]},
        }
    )
    assert list(comparison["candidates"]) == ["model=best", "model=second", "model=worst"]
    assert comparison["test"]["t"] == pytest.approx(2 * 3**0.5)
    assert comparison["test"]["p"] == pytest.approx(0.0741799, rel=1e-5)
    facts = {"chosen": "model=second", "seeds": [0, 1, 2], "commit": "0123456", "dirty": True}
    left_out = {"model=cnn": "no square image"}
    text = describe(comparison | facts | {"left_out": left_out})
    assert "Left out: model=cnn (no square image)" in text
    assert "`configs/config.yaml` chooses model=second: number 2 of 3." in text
    assert "at commit 0123456, with files that differ from it." in text


def test_the_same_difference_with_every_seed_has_no_p_value() -> None:
    same = compare({"a": {CRITERION: [1.0, 2.0]}, "b": {CRITERION: [2.0, 3.0]}})
    assert same["test"]["p"] is None
    facts = {"chosen": "a", "seeds": [0, 1], "commit": None, "dirty": None}
    assert ", the same with every seed." in describe(same | facts)


def test_one_model_has_nothing_to_be_compared_with() -> None:
    assert compare({"a": {CRITERION: [1.0, 2.0]}})["test"] is None


def test_where_nothing_is_trained_there_is_no_comparison(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compare_models, "_sweep", lambda *_: None)
    with pytest.raises(UserError, match="Every run failed"):
        train_candidates([0, 1], tmp_path, tmp_path)
