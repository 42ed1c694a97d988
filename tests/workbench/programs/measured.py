"""A Hydra application that is recorded: it writes files, then ends as its configuration says."""

import shutil
import signal
from pathlib import Path
from typing import Any

import hydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig
from workbench.record.resume import find_completed


@hydra.main(version_base="1.3", config_path=str(Path(__file__).parent), config_name="measured")
def main(cfg: DictConfig) -> Any:
    """Measure a loss."""
    if completed := find_completed(cfg):
        return completed.returned
    output = Path(cfg.paths.output)
    output.mkdir(parents=True, exist_ok=True)
    shutil.copy(Path(HydraConfig.get().runtime.output_dir) / "run.json", output / "at_start.json")
    (output / "metrics.json").write_text(f'{{"loss": {cfg.loss}}}\n')
    if cfg.ends == "failed":
        raise ValueError("nothing to learn from\nin any file")
    if cfg.ends == "killed":
        print("waiting", flush=True)
        signal.pause()
    return cfg.loss


if __name__ == "__main__":
    main()
