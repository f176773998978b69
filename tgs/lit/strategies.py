"""The strategies that a trainer may have: Lightning's own by name, and those that need settings of ours."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch.strategies import DeepSpeedStrategy, ModelParallelStrategy, Strategy

from tgs.config.trainer import SHARDING
from tgs.errors import ConfigError

BY_NAME = ("auto", "ddp", "ddp_find_unused_parameters_true")
"""Lightning's that come without settings. Its others start processes, or tear weights apart, in ways not known here."""


def strategy(name: str) -> Strategy | str:
    """What Lightning's Trainer takes as `strategy`.

    Raises:
        ConfigError: an unknown name, or deepspeed is not installed.
    """
    if name in BY_NAME:
        return name
    if name not in SHARDING:
        raise ConfigError(f"trainer.strategy={name}: choose one of {', '.join([*BY_NAME, *SHARDING])}")
    if name == "fsdp2":
        return FullyShard(save_distributed_checkpoint=False)
    if find_spec("deepspeed") is None:
        raise ConfigError(f"trainer.strategy={name} needs DeepSpeed: pip install deepspeed, or choose trainer=fsdp")
    return DeepSpeedStrategy(stage=2, exclude_frozen_parameters=True)


class FullyShard(ModelParallelStrategy):
    """FSDP2 over all processes: every one holds a part of each weight, and its examples.

    Lightning's own default is tensor parallelism within a machine, where all processes have the same examples.
    Checkpoints are one file of whole tensors, as without sharding.
    """

    def setup_environment(self) -> None:
        """All processes in one dimension."""
        self._data_parallel_size, self._tensor_parallel_size = self.num_nodes * self.num_processes, 1
        super().setup_environment()

    def load_checkpoint(self, checkpoint_path: Any, weights_only: bool | None = None) -> dict[str, Any]:
        """Refuse other weights first, as `TrainedOnly` does: Lightning loads those that fit and takes them out.

        Raises:
            WeightsError: see `TrainedOnly.on_load_checkpoint`.
        """
        whole = torch.load(Path(checkpoint_path), mmap=True, map_location="cpu", weights_only=weights_only)
        assert self.lightning_module is not None
        self.lightning_module.on_load_checkpoint(whole)
        return super().load_checkpoint(checkpoint_path, weights_only)
