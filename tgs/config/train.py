"""The root of `python -m tgs.train`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from omegaconf import MISSING, DictConfig, OmegaConf

from tgs.config.paths import Paths
from tgs.config.trainer import TrainerConfig
from tgs.errors import ConfigError


@dataclass
class OptimConfig:
    """Mirrors `tgs.lit.optim.Optim`, which checks the ranges."""

    lr: float = MISSING
    weight_decay: float = 0.0
    betas: tuple[float, float] = (0.9, 0.999)
    warmup: float = 0.03
    floor: float = 0.0
    schedule: str = "cosine"
    muon_lr: float = 0.0


@dataclass
class GateConfig:
    """Mirrors `tgs.lit.gate.Gate`, which checks that there is one bound."""

    score: str = MISSING
    at_least: float | None = None
    at_most: float | None = None
    enforce: bool = True


@dataclass
class TrainConfig:
    """Root of `python -m tgs.train`."""

    run: str = MISSING
    """Name of the run folder under paths.runs/train; the same command goes on where it was stopped."""
    overwrite: bool = False
    """Start anew although the run folder holds a run."""
    seed: int = 0
    scale: str = MISSING
    gate: GateConfig | None = None
    """The score without which nothing should be built on the run; no setting of the run itself."""
    ingredients: dict[str, str] = field(default_factory=dict)
    """Files or folders that the run is made from, by name: it goes on only with the same ones."""
    paths: Paths = field(default_factory=Paths)
    trainer: TrainerConfig = field(default_factory=TrainerConfig)
    optim: OptimConfig = field(default_factory=OptimConfig)
    task: Any = MISSING
    data: Any = MISSING
    benchmark: Any = None
    thinker: Any = None
    grounder: Any = None
    segmenter: Any = None
    logger: Any = None
    callbacks: Any = None


def check_training(cfg: DictConfig) -> None:
    """Settings that are for evaluations alone.

    Raises:
        ConfigError: there is one.
    """
    if (engine := OmegaConf.select(cfg, "thinker.engine", default="torch")) != "torch":
        raise ConfigError(f"thinker.engine={engine} only answers: train with thinker.engine=torch")


NOT_OF_A_RUN = ("paths", "logger", "overwrite", "run", "gate", "ingredients")
"""Keys of TrainConfig that are no settings of what is trained: a run goes on although they changed."""
