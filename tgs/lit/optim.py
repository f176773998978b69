"""AdamW with linear warm-up, then cosine or linear decay to a floor."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import torch
from lightning.pytorch.utilities.types import OptimizerLRScheduler
from torch import Tensor

from tgs.errors import ConfigError


class Schedule(StrEnum):
    """How the learning rate falls after the warm-up."""

    cosine = "cosine"  # what the article and the released shell script say
    linear = "linear"  # what the released DeepSpeed file really does (WarmupDecayLR)


@dataclass(frozen=True)
class Optim:
    """Settings of the optimiser.

    Attributes:
        lr: peak learning rate.
        weight_decay: decoupled, on every parameter given.
        betas: AdamW's.
        warmup: fraction of the steps, in [0, 1).
        floor: final rate as a fraction of the peak.
        schedule: decay after the warm-up.

    Source: phase 2's released values are 1e-4, 0, 0.03 (finetune_hyperlora.sh).
    """

    lr: float
    weight_decay: float = 0.0
    betas: tuple[float, float] = (0.9, 0.999)
    warmup: float = 0.03
    floor: float = 0.0
    schedule: Schedule = Schedule.cosine

    def __post_init__(self) -> None:
        if not (self.lr > 0 and 0 <= self.warmup < 1 and 0 <= self.floor <= 1):
            raise ConfigError(f"optim: lr must be > 0, warmup in [0, 1), floor in [0, 1]; got {self}")
        object.__setattr__(self, "schedule", Schedule(self.schedule))

    def factor(self, step: int, steps: int) -> float:
        """Rate at `step` (0-based) of `steps`, as a fraction of the peak."""
        rising = max(1, round(self.warmup * steps))
        if step < rising:
            return (step + 1) / rising
        done = min(1.0, (step - rising) / max(1, steps - rising))
        falling = 0.5 * (1 + math.cos(math.pi * done)) if self.schedule is Schedule.cosine else 1 - done
        return self.floor + (1 - self.floor) * falling


def configure(
    parameters: Iterable[Tensor] | Iterable[dict[str, Any]], optim: Optim, steps: int
) -> OptimizerLRScheduler:
    """What `LightningModule.configure_optimizers` returns.

    Args:
        parameters: tensors, or AdamW groups; a group's own `lr` is kept and scaled alike.
        optim: settings.
        steps: optimiser steps of the whole run (`trainer.estimated_stepping_batches`).
    """
    groups: Any = list(parameters)
    betas = (optim.betas[0], optim.betas[1])
    adamw = torch.optim.AdamW(groups, lr=optim.lr, betas=betas, weight_decay=optim.weight_decay)
    scheduler = torch.optim.lr_scheduler.LambdaLR(adamw, lambda step: optim.factor(step, steps))
    return {"optimizer": adamw, "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}
