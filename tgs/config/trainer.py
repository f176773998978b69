"""What Lightning's Trainer is given, by trainings and evaluations."""

from __future__ import annotations

from dataclasses import dataclass

from omegaconf import MISSING

SHARDING = ("fsdp2", "deepspeed_stage_2")
"""Strategies that tear a model apart to train it."""


@dataclass
class TrainerConfig:
    """What Lightning's Trainer is given. Other keys of it are not settings of ours."""

    accelerator: str = MISSING
    devices: int = MISSING
    """How many; -1 takes all."""
    num_nodes: int | None = None
    """Machines, each with `devices`, where Slurm or torchrun starts the processes; null is one."""
    strategy: str = "auto"
    """How processes work together: auto, ddp, or one of SHARDING; see `tgs.lit.strategies`."""
    precision: str = "32-true"
    max_epochs: int = 1
    accumulate_grad_batches: int = 1
    gradient_clip_val: float = 1.0
    log_every_n_steps: int = 10
    limit_val_batches: float = 1.0
    limit_train_batches: int | None = None
    """So many batches an epoch; null takes all."""
    check_val_every_n_epoch: int = 1
    threads: int | None = None
    """CPU threads of torch; null leaves torch's own choice."""
