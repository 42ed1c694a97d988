"""What a run was, beside its log: a Hydra callback, so that no script has a line for it."""

from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.experimental.callback import Callback
from omegaconf import DictConfig, OmegaConf


class RunRecord(Callback):
    """Writes the configuration of a run as the script sees it, interpolations resolved."""

    def on_job_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Write `.hydra/resolved.yaml` in the run's directory."""
        hydra = HydraConfig.get()
        directory = Path(hydra.runtime.output_dir, hydra.output_subdir or "")
        seen = OmegaConf.masked_copy(config, [str(key) for key in config if key != "hydra"])
        OmegaConf.save(seen, directory / "resolved.yaml", resolve=True)
