"""Images are changed at random: in training only, and by the seed."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from workbench.errors import UserError

from {{ cookiecutter.package_name }}.config import Config
from {{ cookiecutter.package_name }}.models.estimators.augmentation import (
    Flip,
    Shift,
    augment,
)
from {{ cookiecutter.package_name }}.models.train_model import train_model

Configure = Callable[..., Config]
IMAGES = torch.arange(24.0).reshape(1, 4, 6, 1).expand(500, 4, 6, 1)


def test_some_images_are_mirrored() -> None:
    changed = Flip(0.3)(IMAGES)
    mirrored = (changed == IMAGES.flip(2)).all(dim=(1, 2, 3))
    same = (changed == IMAGES).all(dim=(1, 2, 3))
    assert (mirrored ^ same).all()
    assert mirrored.float().mean().item() == pytest.approx(0.3, abs=0.1)
    assert torch.equal(Flip(0)(IMAGES), IMAGES)


def test_images_move_in_each_direction_and_the_edge_is_repeated() -> None:
    changed = Shift(1)(IMAGES)
    corners = {(int(image[0, 0]), int(image[-1, -1])) for image in changed[..., 0]}
    assert {first for first, _ in corners} == {0, 1, 6, 7}  # it stays, or is cut off
    assert {last for _, last in corners} == {16, 17, 22, 23}
    assert len(corners) == 9
    middle = set(changed[:, 1, 1, 0].int().tolist())
    assert middle == {6 * row + column for row in range(3) for column in range(3)}
    assert torch.equal(Shift(0)(IMAGES), IMAGES)


def test_the_other_features_stay() -> None:
    features = torch.cat([IMAGES[:2].flatten(1), torch.tensor([[7.0, 8.0]] * 2)], dim=1)
    changed = augment(features, (4, 6, 1), Flip(1))
    assert torch.equal(changed[:, 24:], features[:, 24:])
    assert changed[0, :6].tolist() == [5, 4, 3, 2, 1, 0]


def test_training_sees_changed_images_and_validation_does_not(
    config: Configure, tmp_path: Path
) -> None:
    """With a learning rate of zero, only the images could change a loss."""
    still = ("data=pictures", "trainer.max_epochs=2", "optimizer.lr=0", "optimizer.weight_decay=0")
    curves, seen = [], []
    for option in ("none", "flip", "flip"):
        used = config(*still, f"augmentation={option}")
        train_model(used)
        curves.append((tmp_path / "learning_curve.csv").read_text())
    assert curves[0] == curves[1] == curves[2]
    for option in ("none", "flip", "flip"):
        used = config("data=pictures", "trainer.max_epochs=2", f"augmentation={option}")
        train_model(used)
        seen.append((tmp_path / "model.onnx").read_bytes())
    assert seen[0] != seen[1]
    assert seen[1] == seen[2]


def test_a_table_has_nothing_to_augment(config: Configure) -> None:
    with pytest.raises(UserError, match="augmentation: no column of the data set holds an image"):
        train_model(config("data=number", "augmentation=flip"))
