"""Weights & Biases: the only file that imports wandb."""

from __future__ import annotations

from pathlib import Path

from lightning.pytorch.loggers import WandbLogger

from tgs.errors import ConfigError


class _FinishedWandb(WandbLogger):
    """Closes its run when Lightning is done with it: the jobs of a sweep share one process."""

    def finalize(self, status: str) -> None:
        """End the run."""
        super().finalize(status)
        self.experiment.finish(exit_code=0 if status == "success" else 1)


def wandb_logger(*, project: str, offline: bool, save_dir: Path) -> WandbLogger:
    """A logger whose run is named after the run's folder.

    Raises:
        ConfigError: wandb is not installed.
    """
    try:
        return _FinishedWandb(project=project, name=save_dir.name, save_dir=save_dir, offline=offline)
    except ModuleNotFoundError as error:
        raise ConfigError("logger=wandb needs the extra: pip install 'tgs[wandb]', or choose logger=csv") from error
