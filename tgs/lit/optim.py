"""AdamW, or Muon and AdamW, with linear warm-up, then cosine or linear decay to a floor."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import torch
from lightning.pytorch.utilities.types import OptimizerLRScheduler
from torch import Tensor, nn
from torch.distributed.tensor import DTensor

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
        muon_lr: peak learning rate of the hidden matrices, which Muon then trains; 0 leaves them to AdamW.

    Source: phase 2's released values are 1e-4, 0, 0.03 (finetune_hyperlora.sh).
    """

    lr: float
    weight_decay: float = 0.0
    betas: tuple[float, float] = (0.9, 0.999)
    warmup: float = 0.03
    floor: float = 0.0
    schedule: Schedule = Schedule.cosine
    muon_lr: float = 0.0

    def __post_init__(self) -> None:
        if not (self.lr > 0 and 0 <= self.warmup < 1 and 0 <= self.floor <= 1 and self.muon_lr >= 0):
            raise ConfigError(f"optim: lr must be > 0, muon_lr >= 0, warmup in [0, 1), floor in [0, 1]; got {self}")
        object.__setattr__(self, "schedule", Schedule(self.schedule))

    def factor(self, step: int, steps: int) -> float:
        """Rate at `step` (0-based) of `steps`, as a fraction of the peak."""
        rising = max(1, round(self.warmup * steps))
        if step < rising:
            return (step + 1) / rising
        done = min(1.0, (step - rising) / max(1, steps - rising))
        falling = 0.5 * (1 + math.cos(math.pi * done)) if self.schedule is Schedule.cosine else 1 - done
        return self.floor + (1 - self.floor) * falling


SMALLEST_HIDDEN = 32
"""A matrix with a smaller side is a head or an adapter: Muon is for the layers between."""


def hidden_matrices(module: nn.Module) -> list[Tensor]:
    """Learning weights of linear layers inside a model: no embeddings, nothing tied to them, no narrow heads."""
    tables = {id(part.weight) for part in module.modules() if isinstance(part, nn.Embedding)}
    weights = [part.weight for part in module.modules() if isinstance(part, nn.Linear)]
    fitting = [w for w in weights if w.requires_grad and min(w.shape) >= SMALLEST_HIDDEN and id(w) not in tables]
    return list({id(weight): weight for weight in fitting}.values())


class MuonAdamW(torch.optim.Optimizer):
    """Two optimisers behind one interface, which is all that Lightning's automatic loop takes.

    Args:
        muon: of the hidden matrices.
        adamw: of everything else.

    Source: torch's Muon takes matrices only, and leaves the rest to another optimiser (its documentation).
    """

    def __init__(self, muon: torch.optim.Muon, adamw: torch.optim.AdamW) -> None:
        self.parts = (muon, adamw)
        super().__init__([p for part in self.parts for group in part.param_groups for p in group["params"]], {})
        self._join()

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One step of both, after the closure."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for part in self.parts:
            part.step()
        return loss

    def state_dict(self) -> dict[str, Any]:
        """Both states."""
        return {"parts": [part.state_dict() for part in self.parts]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """What `state_dict` gave."""
        for part, state in zip(self.parts, state_dict["parts"], strict=True):
            part.load_state_dict(state)
        self._join()

    def _join(self) -> None:
        self.param_groups = [group for part in self.parts for group in part.param_groups]


def configure(
    parameters: Iterable[Tensor] | Iterable[dict[str, Any]],
    optim: Optim,
    steps: int,
    matrices: Collection[Tensor] = (),
) -> OptimizerLRScheduler:
    """What `LightningModule.configure_optimizers` returns.

    Args:
        parameters: tensors, or AdamW groups; a group's own `lr` is kept and scaled alike.
        optim: settings.
        steps: optimiser steps of the whole run (`trainer.estimated_stepping_batches`).
        matrices: those of `parameters` that Muon trains if `optim.muon_lr` is set, unless their group has its own
            `lr`; see `hidden_matrices`.
    """
    listed: Any = list(parameters)
    groups = listed if isinstance(listed[0], dict) else [{"params": listed}]
    own_rate = {id(p) for group in groups if "lr" in group for p in group["params"]}
    hidden = {id(m): m for m in matrices if id(m) not in own_rate} if optim.muon_lr else {}
    rest = [{**group, "params": [p for p in group["params"] if id(p) not in hidden]} for group in groups]
    betas = (optim.betas[0], optim.betas[1])
    adamw = torch.optim.AdamW(
        [group for group in rest if group["params"]], lr=optim.lr, betas=betas, weight_decay=optim.weight_decay
    )
    optimizer: torch.optim.Optimizer = adamw
    if hidden:
        if any(isinstance(matrix, DTensor) for matrix in hidden.values()):
            raise ConfigError(
                "optim.muon_lr needs whole matrices, and trainer=fsdp tears them apart: leave one of them out"
            )
        muon = torch.optim.Muon(
            hidden.values(), lr=optim.muon_lr, weight_decay=optim.weight_decay, adjust_lr_fn="match_rms_adamw"
        )
        optimizer = MuonAdamW(muon, adamw)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: optim.factor(step, steps))
    return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}
