"""The convolutional network: images, and other columns beside them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from workbench.errors import UserError
from workbench.onnx.file import OnnxModel, write_onnx

from {{ cookiecutter.package_name }}.config import Config
from {{ cookiecutter.package_name }}.features.examples import Examples, read_examples
from {{ cookiecutter.package_name }}.models.estimators.augmentation import Shift
from {{ cookiecutter.package_name }}.models.estimators.task import Task
from {{ cookiecutter.package_name }}.models.train_model import train_model

Configure = Callable[..., Config]


def test_onnxruntime_predicts_what_pytorch_does(config: Configure, tmp_path: Path) -> None:
    used = config("trainer.max_epochs=2", "model=cnn", "data=pictures")
    train, test = (read_examples(used.paths.find_split(0), name) for name in ("train", "test"))
    used.model.fit(train, test, seed=0, threads=1)
    write_onnx(used.model.to_onnx(), tmp_path / "model.onnx")
    outputs = OnnxModel(tmp_path / "model.onnx").run({"features": test.features})
    with torch.no_grad():
        expected = used.model._task(torch.tensor(test.features))
    found = np.asarray(list(outputs.values())[-1], dtype=np.float32)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


def test_it_sees_the_rows_of_the_image_and_the_columns_beside_it(config: Configure) -> None:
    """A network with one filter that is known: the mean of red over each 2×2 pixels."""
    model = config("model=cnn", "data=pictures", "model.channels=[1]", "model.kernel_size=1").model
    network = model.make_network(4 * 6 * 3 + 2, 3, (4, 6, 3)).eval()
    convolution, last = network[0].layers[0], network[-1]
    with torch.no_grad():
        convolution.weight[:], convolution.bias[:] = torch.tensor([1, 0, 0]).reshape(1, 3, 1, 1), 0
        last.weight[:], last.bias[:] = 0, 0
        last.weight[0, 0] = last.weight[1, 5] = last.weight[2, 7] = 1  # two corners, a column
    pixels = np.zeros((1, 4, 6, 3), dtype=np.uint8)
    pixels[0, 0, 1, 0], pixels[0, 3, 4, 0], pixels[0, 3, 4, 1] = 51, 102, 255
    columns = np.array([[5, 7]], dtype=np.float32)
    examples = Examples(columns, np.array([0]), [], 3, pixels)
    found = network(torch.tensor(examples.features))
    assert found.tolist() == [pytest.approx([51 / 255, 102 / 255, 7])]


def test_two_processes_have_the_gradient_of_one(
    config: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With moved images, dropout and class weights; their mean is what both of them apply."""
    model = config("model=cnn", "data=pictures", "model.dropout=0.5").model
    network = model.make_network(4 * 6 * 3, 2, (4, 6, 3))
    weights = torch.tensor([0.5, 1.5])
    task = Task(network, {}, weights, 0, True, image=(4, 6, 3), augmentation=Shift(1))
    features, targets = torch.rand(8, 4 * 6 * 3), torch.tensor([0, 1] * 4)

    def differentiate(place: int, processes: int) -> torch.Tensor:
        monkeypatch.setattr(torch.distributed, "is_initialized", lambda: processes > 1)
        monkeypatch.setattr(torch.distributed, "get_world_size", lambda: processes)
        monkeypatch.setattr(torch.distributed, "get_rank", lambda: place)
        mine = slice(place, None, processes)
        loss = task.training_step((features[mine], targets[mine]), 3)
        parts = torch.autograd.grad(loss, tuple(network.parameters()))
        return torch.cat([part.flatten() for part in parts])

    alone = differentiate(0, 1)
    first, second = differentiate(0, 2), differentiate(1, 2)
    torch.testing.assert_close((first + second) / 2, alone, rtol=1e-4, atol=1e-7)
    assert not torch.allclose(first, second)


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
