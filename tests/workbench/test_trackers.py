"""The trackers by themselves; `tests/test_trackers.py` runs the real servers and clients."""

import json
from importlib.util import find_spec
from pathlib import Path

import pytest
from conftest import MakeRecord
from workbench.errors import UserError
from workbench.record.record import write
from workbench.trackers.mlflow import MLflow
from workbench.trackers.package import import_package
from workbench.trackers.tensorboard import TensorBoard
from workbench.trackers.wandb import WandB


@pytest.mark.parametrize("name", ["mlflow", "tensorboard", "wandb"])
def test_what_is_not_installed_is_named(small: Path, name: str) -> None:
    if find_spec(name):
        pytest.skip(f"{name} is installed here")
    trackers = {"mlflow": MLflow("all"), "tensorboard": TensorBoard(), "wandb": WandB("all", "offline")}
    with pytest.raises(UserError) as caught:
        trackers[name].connect(None)
    assert str(caught.value) == f"tracker={name}: {name} is not installed: `make setup EXTRAS={name}`"


def test_a_folder_is_no_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "somefolder").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UserError, match="somefolder is not installed"):
        import_package("somefolder")


def test_tensorboard_gets_the_numbers_and_the_record(make_record: MakeRecord) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.util.tensor_util import make_ndarray

    record = make_record()
    write(record)
    tracker = TensorBoard()
    assert tracker.start(record) == str(record.directory)
    tracker.finish(record)
    events = EventAccumulator(str(record.directory)).Reload()
    assert [(event.step, event.value) for event in events.Scalars("validation_loss")] == [(0, 0.25)]
    text = make_ndarray(events.Tensors("run.json")[0].tensor_proto).item().decode()
    assert json.loads(text)["script"] == "train_model"
