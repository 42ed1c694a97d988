"""What Lightning adds: checkpoints, and batches that do not depend on who loads them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from lightning.pytorch import Callback

from workbench.errors import UserError
from workbench.onnx.file import OnnxModel, write_onnx

from {{ cookiecutter.package_name }}.config import Config
from {{ cookiecutter.package_name }}.features.examples import read_examples
from {{ cookiecutter.package_name }}.models.train_model import train_model

SHORT = "trainer.max_epochs=5"
CHECKPOINT = Path("lightning", "checkpoints", "last.ckpt")
FILES = ("model.onnx", "learning_curve.csv")

Configure = Callable[..., Config]


class Stop(Callback):
    """Ends a run in the middle of an epoch, as a crash would."""

    def __init__(self, epoch: int) -> None:
        self._epoch = epoch

    def on_train_batch_start(self, trainer: Any, *args: Any) -> None:
        if trainer.current_epoch == self._epoch and trainer.global_step % 2:
            raise InterruptedError


def read(folder: Path) -> list[bytes]:
    return [(folder / name).read_bytes() for name in FILES]


@pytest.mark.parametrize("epoch", [1, 4])
@pytest.mark.parametrize("patience", [0, 5])
def test_a_resumed_run_ends_as_one_that_never_stopped(
    config: Configure, tmp_path: Path, epoch: int, patience: int
) -> None:
    options = (SHORT, f"trainer.callbacks.0.patience={patience}", "optimizer.lr=0.03")
    train_model(config(*options))
    whole = read(tmp_path)
    stopped = config(*options)
    stop = {"_target_": f"{__name__}.Stop", "epoch": epoch}
    stopped.model.trainer["callbacks"].append(stop)
    checkpoint = tmp_path / CHECKPOINT
    checkpoint.unlink()
    try:
        train_model(stopped)
    except InterruptedError:
        (tmp_path / "model.onnx").unlink()
    train_model(config(*options, f"model.checkpoint={checkpoint}"))
    assert read(tmp_path) == whole


def test_a_checkpoint_of_another_run_is_refused(config: Configure, tmp_path: Path) -> None:
    train_model(config("trainer.max_epochs=1"))
    checkpoint = f"model.checkpoint={tmp_path / CHECKPOINT}"
    with pytest.raises(UserError, match="trained with another seed, max_epochs, optimizer"):
        train_model(config(SHORT, "seed=1", "optimizer.lr=0.5", checkpoint))


def test_a_checkpoint_is_not_unpickled(config: Configure, tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> Any:
            return Path.touch, (tmp_path / "harm",)

    torch.save({"state_dict": Evil()}, tmp_path / "evil.ckpt")
    with pytest.raises(UserError, match="Weights only load failed"):
        train_model(config(SHORT, f"model.checkpoint={tmp_path / 'evil.ckpt'}"))
    assert not (tmp_path / "harm").exists()
    with pytest.raises(UserError, match="not found"):
        train_model(config(SHORT, f"model.checkpoint={tmp_path / 'nothing.ckpt'}"))


def test_two_checkpoints_of_one_seed_hold_the_same_weights(
    config: Configure, tmp_path: Path
) -> None:
    states = []
    for seed in (0, 0, 1):
        train_model(config(SHORT, f"seed={seed}"))
        path = tmp_path / CHECKPOINT
        states.append(torch.load(path, weights_only=True)["state_dict"])
    first, second, other = states
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not any(torch.equal(first[name], other[name]) for name in first)


def test_who_loads_the_batches_changes_nothing(config: Configure, tmp_path: Path) -> None:
    train_model(config(SHORT))
    alone = read(tmp_path)
    train_model(config(SHORT, "model.num_workers=2"))
    assert read(tmp_path) == alone


@pytest.mark.parametrize(
    ("model", "data"), [("mlp", "kinds"), ("mlp", "number"), ("cnn", "pictures")]
)
def test_onnxruntime_predicts_what_pytorch_does(
    config: Configure, tmp_path: Path, model: str, data: str
) -> None:
    used = config(SHORT, f"model={model}", f"data={data}")
    train, test = (read_examples(used.paths.processed, name) for name in ("train", "test"))
    used.model.fit(train, test, seed=0, threads=1)
    write_onnx(used.model.to_onnx(), tmp_path / "model.onnx")
    outputs = OnnxModel(tmp_path / "model.onnx").run({"features": test.features})
    with torch.no_grad():
        expected = used.model._task(torch.tensor(test.features))
    assert expected.shape == (len(test.targets), test.n_classes or 1)
    found = np.asarray(list(outputs.values())[-1], dtype=np.float32)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


def test_a_table_without_an_image_is_refused(config: Configure) -> None:
    with pytest.raises(UserError, match="cnn takes an image, and no column"):
        train_model(config("model=cnn", "data=number"))


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("model.channels=[1,2,3]", "an image of 6×4 pixels cannot be halved 3 times"),
        ("model.dropout=1", "model.dropout: Input should be less than 1"),
    ],
)
def test_a_wrong_network_is_explained(config: Configure, option: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        train_model(config("model=cnn", "data=pictures", option))
