"""What Lightning adds: checkpoints, and steps that do not depend on who takes them."""

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
from {{ cookiecutter.package_name }}.models.estimators.layers import Dropout, draw
from {{ cookiecutter.package_name }}.models.estimators.task import Task
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


@pytest.mark.parametrize("data", ["kinds", "number", "pictures"])
def test_onnxruntime_predicts_what_pytorch_does(
    config: Configure, tmp_path: Path, data: str
) -> None:
    used = config(SHORT, f"data={data}")
    train, test = (read_examples(used.paths.find_split(0), name) for name in ("train", "test"))
    used.model.fit(train, test, seed=0, threads=1)
    write_onnx(used.model.to_onnx(), tmp_path / "model.onnx")
    outputs = OnnxModel(tmp_path / "model.onnx").run({"features": test.features})
    with torch.no_grad():
        expected = used.model._task(torch.tensor(test.features))
    assert expected.shape == (len(test.targets), test.n_classes or 1)
    found = np.asarray(list(outputs.values())[-1], dtype=np.float32)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


def test_processes_share_out_the_random_numbers_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Example 0 of a batch is the first process', example 1 the second's, and so on."""

    def draw_alone(seed: int) -> torch.Tensor:
        torch.manual_seed(seed)
        return draw(4, 3, device=torch.device("cpu"))

    whole = draw_alone(0)
    assert whole.shape == (4, 3)
    assert not torch.equal(whole, draw_alone(1))
    monkeypatch.setattr(torch.distributed, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.distributed, "get_world_size", lambda: 2)
    for place in (0, 1):
        monkeypatch.setattr(torch.distributed, "get_rank", lambda place=place: place)
        torch.manual_seed(0)
        assert torch.equal(draw(2, 3, device=torch.device("cpu")), whole[place::2])


def test_dropout_keeps_a_share_of_the_values_and_their_mean() -> None:
    dropout = Dropout(0.25)
    torch.manual_seed(0)
    values = dropout(torch.ones(100, 100))
    assert values.unique().tolist() == [0, pytest.approx(1 / 0.75)]
    assert values.mean().item() == pytest.approx(1, abs=0.02)
    assert torch.equal(dropout.eval()(torch.ones(9)), torch.ones(9))


def test_a_step_depends_on_its_seed_and_number_alone() -> None:
    """Whatever was drawn before: so a run goes on as it would have."""
    losses = []
    for seed, step, drawn in ((0, 0, 0), (0, 0, 9), (0, 1, 0), (1, 0, 0)):
        torch.manual_seed(0)
        network = torch.nn.Sequential(torch.nn.Linear(8, 8), Dropout(0.5), torch.nn.Linear(8, 2))
        task = Task(network, {}, None, seed, classifies=True)
        torch.rand(drawn)
        batch = torch.ones(4, 8), torch.tensor([0, 1, 0, 1])
        losses.append(task.training_step(batch, step).item())
    assert losses[0] == losses[1]
    assert len(set(losses)) == 3


def test_class_weights_are_those_of_all_rows() -> None:
    """So the mean over processes is the mean over the batch."""
    task = Task(torch.nn.Linear(1, 2), {}, torch.tensor([0.5, 1.5]), 0, classifies=True)
    features, targets = torch.tensor([[1.0], [2.0], [3.0], [4.0]]), torch.tensor([0, 0, 0, 1])
    whole = task.training_step((features, targets), 0)
    parts = [task.training_step((features[i::2], targets[i::2]), 0) for i in (0, 1)]
    assert whole.item() == pytest.approx(torch.stack(parts).mean().item())
