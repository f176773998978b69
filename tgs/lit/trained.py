"""What learns, and checkpoints that hold only that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import lightning as L
from torch import nn
from torch.distributed.device_mesh import DeviceMesh

from tgs.errors import ConfigError, WeightsError


def freeze_except(module: nn.Module, learns: Sequence[str]) -> None:
    """Only parameters whose name contains one of `learns` keep learning, in float32: small steps are lost in bfloat16.

    Raises:
        ConfigError: an entry is in no parameter's name.

    Source: the released code picks phase 2's parameters by parts of their names (finetune_hyperlora.py, 197-212).
    """
    names = [name for name, _ in module.named_parameters()]
    for part in learns:
        if not any(part in name for name in names):
            raise ConfigError(f"tuning.learns: no parameter's name contains {part!r}; names look like {names[-1]!r}")
    for name, parameter in module.named_parameters():
        parameter.requires_grad_(any(part in name for part in learns))
        if parameter.requires_grad:
            parameter.data = parameter.data.float()


class TrainedOnly(L.LightningModule):
    """A module whose checkpoints hold the learning parameters alone: the frozen rest is made by its own recipe."""

    def __init__(self) -> None:
        super().__init__()
        self.strict_loading = False  # Lightning would ask for the frozen parameters; `on_load_checkpoint` is as strict

    def learning(self) -> dict[str, nn.Parameter]:
        """Parameters that learn, by name."""
        return {name: parameter for name, parameter in self.named_parameters() if parameter.requires_grad}

    def state_dict(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """The learning parameters."""
        kept = self.learning()
        return {name: value for name, value in super().state_dict(*args, **kwargs).items() if name in kept}

    def shard(self, mesh: DeviceMesh) -> None:
        """Give every process of `mesh` its part of the weights.

        Raises:
            ConfigError: the task does not know how.
        """
        raise ConfigError(f"{type(self).__name__} cannot be torn apart: choose trainer=ddp instead of trainer=fsdp")

    def configure_model(self) -> None:
        """Lightning calls this between `setup` and the optimiser; a mesh is there with `strategies.FullyShard`."""
        if self.device_mesh is not None:
            self.shard(self.device_mesh["data_parallel"])

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Refuse a checkpoint of other parameters. A sharding strategy has taken them out, and loaded them, before.

        Raises:
            WeightsError: names the first differences.
        """
        if "state_dict" not in checkpoint:
            return
        own, found = set(self.learning()), set(checkpoint["state_dict"])
        if own != found:
            raise WeightsError(
                f"the checkpoint holds {len(found)} learning parameters, this run has {len(own)}; first differences: "
                f"{sorted(own ^ found)[:4]}. Start anew with overwrite=true, or under another run=NAME."
            )
