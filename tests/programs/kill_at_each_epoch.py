"""Train whole; killed in each epoch; and resumed. Prints how each pair of the latter ended, as JSON.

Each run is in a process of its own, which starts with the slow imports done.
"""

import json
import os
import signal
import sys
from pathlib import Path

from hydra import compose, initialize_config_dir
from hydra.core.hydra_config import HydraConfig
from lightning.pytorch import Callback
from my_ml_project.app import CONFIG_DIR, load_config
from my_ml_project.models.train_model import train_model
from omegaconf import OmegaConf

EPOCHS, FOLDER = 4, Path(sys.argv[1])


class Kill(Callback):
    """Kills the process in the middle of an epoch."""

    def __init__(self, epoch):
        self.epoch = epoch

    def on_train_batch_start(self, trainer, module, batch, index):
        if trainer.current_epoch == self.epoch and index == 15:
            os.kill(os.getpid(), signal.SIGKILL)


def train(name, *options, kill=None):
    """Train in another process, into a folder; gives its exit status."""
    if process := os.fork():
        return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    with initialize_config_dir(CONFIG_DIR, version_base="1.3"):
        cfg = compose(
            "config",
            [f"trainer.max_epochs={EPOCHS}", f"hydra.runtime.output_dir={FOLDER / name}", *options],
            return_hydra_config=True,
        )
    HydraConfig.instance().set_config(cfg)
    config = load_config(OmegaConf.masked_copy(cfg, [key for key in cfg if key != "hydra"]))
    if kill is not None:
        config.model.trainer["callbacks"].append({"_target_": "__main__.Kill", "epoch": kill})
    train_model(config)
    os._exit(0)


def read(name):
    """The files of a run."""
    return [(FOLDER / name / file).read_bytes() for file in ("model.onnx", "learning_curve.csv")]


if train("whole"):
    sys.exit("the run that nobody kills has failed")
for epoch in range(1, EPOCHS):
    killed = train(f"killed_{epoch}", kill=epoch)
    left = (FOLDER / f"killed_{epoch}/model.onnx").exists()
    checkpoint = FOLDER / f"killed_{epoch}/lightning/checkpoints/last.ckpt"
    resumed = train(f"resumed_{epoch}", f"model.checkpoint={checkpoint}")
    same = resumed == 0 and read(f"resumed_{epoch}") == read("whole")
    print(json.dumps({"killed": killed, "left a model": left, "resumed": resumed, "same files": same}))
