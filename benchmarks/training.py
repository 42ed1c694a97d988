"""Train one network by the project's Lightning model and by a bare PyTorch loop, in turns, in one process.

In the project: `python training.py MODEL TURNS`, after the pipeline; prints the seconds of each turn. Both
see the same batches and give the same weights. Lightning also keeps a checkpoint and a TensorBoard log.
"""

import json
import sys
import tempfile
import time
from pathlib import Path

import torch
from hydra import compose, initialize_config_dir
from hydra.core.hydra_config import HydraConfig
from lightning.pytorch import seed_everything
from my_ml_project.app import CONFIG_DIR, load_config
from my_ml_project.features.examples import read_examples
from omegaconf import OmegaConf
from torch.nn import functional
from torch.utils.data import DataLoader, DistributedSampler, TensorDataset

name, turns = sys.argv[1], int(sys.argv[2])
rows = Path("data/processed/split_0")
train, validation = read_examples(rows, "train"), read_examples(rows, "validation")
folder = tempfile.TemporaryDirectory()
options = [f"model={name}", "model.dropout=0", f"hydra.runtime.output_dir={folder.name}"]
with initialize_config_dir(CONFIG_DIR, version_base="1.3"):
    cfg = compose("config", options, return_hydra_config=True)
HydraConfig.instance().set_config(cfg)
model = load_config(OmegaConf.masked_copy(cfg, [key for key in cfg if key != "hydra"])).model


def bare():
    """The loop as one writes it by hand."""
    seed_everything(0, verbose=False)
    network = model.make_network(64, 10, train.image)
    optimizer = torch.optim.Adam(network.parameters(), **arguments(model.optimizer))
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, **arguments(model.scheduler))
    splits = [TensorDataset(torch.tensor(s.features), torch.tensor(s.targets)) for s in (train, validation)]
    sampler = DistributedSampler(splits[0], 1, 0, seed=0)
    batches = DataLoader(splits[0], model.batch_size, sampler=sampler, drop_last=True)
    best, waited = float("inf"), 0
    for epoch in range(model.trainer["max_epochs"]):
        network.train()
        sampler.set_epoch(epoch)
        for features, labels in batches:
            optimizer.zero_grad()
            functional.cross_entropy(network(features), labels).backward()
            optimizer.step()
        scheduler.step()
        network.eval()
        losses = []
        with torch.no_grad():
            for split in splits:
                for features, labels in DataLoader(split, 1024):
                    logits = network(features)
                    losses.append(functional.cross_entropy(logits, labels, reduction="sum").item())
                    (logits.argmax(dim=1) == labels).sum().item()
        waited = 0 if losses[-1] < best else waited + 1
        best = min(best, losses[-1])
        if waited >= model.trainer["callbacks"][0]["patience"]:
            break
    return network


def arguments(part):
    """What a part of the configuration gives its class."""
    return {key: value for key, value in part.items() if not key.startswith("_")}


def lightning():
    """What `train_model` calls."""
    model.fit(train, validation, 0, threads=1)
    return model._task.network


seconds = {"lightning": [], "bare": []}
for turn in range(turns + 1):
    states = []
    for call in (lightning, bare):
        begin = time.perf_counter()
        states.append(call().state_dict())
        if turn:  # the first one does not count
            seconds[call.__name__].append(round(time.perf_counter() - begin, 3))
    for key, weight in states[0].items():
        assert torch.equal(weight, states[1][key]), f"{key} differs: not the same batches"
print(json.dumps(seconds))
