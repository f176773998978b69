"""The root of `python -m tgs.eval`, and the checks that need more than one of its keys."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from omegaconf import MISSING, DictConfig, OmegaConf

from tgs.config.paths import Paths
from tgs.config.protocol import ProtocolConfig
from tgs.config.table import TableConfig
from tgs.config.trainer import TrainerConfig
from tgs.errors import ConfigError
from tgs.types import THINKING, Control, Policy, Settle, Unparsed


@dataclass
class PromptConfig:
    """The description policy of one evaluation. All keys but `policy` are of the adaptive one.

    Mirrors `tgs.pipeline.adaptive.AdaptiveRule`.
    """

    policy: Policy = MISSING
    rival_share: float = 0.6
    """A T_s box is a rival if it scores more than this fraction of the best one's score. In [0, 1]."""
    rival_frames: float = 0.5
    """T_f decides if at least this fraction of the frames, and at least one, has a rival. In [0, 1]."""
    settle: Settle = Settle.fine
    """fine: T_f's own box; agreement: the T_s box on which T_f scores best."""
    unparsed: Unparsed = Unparsed.none
    """none, or raw: the reference itself goes to the detector where the thought cannot be read."""


@dataclass
class ThresholdsConfig:
    """Which detections become boxes, and whom to believe that somebody is there at all."""

    box: float = 0.10
    """Keep a box scoring above this (the paper's tau_bbox). Fraction in [0, 1]."""
    text: float = 0.25
    """A word counts towards the label above this (tau_text). Fraction in [0, 1]. It has no effect on boxes or
    masks: the released `predict` (grounding_dino/util/inference.py) only builds labels with it, which are ignored."""
    choice: str = "best"
    """best, first (released code) or all."""
    max_boxes: int = 5
    """At most so many boxes with choice=all."""
    reject: float = 0.0
    """No box at all for a reference whose best score, averaged over the clip, is below this. In [0, 1]; 0: never."""
    doubt: float = 1.0
    """A thought that names somebody in greater doubt than this counts as a null one. In [0, 1]; 1: never."""


@dataclass
class ControlConfig:
    """What the thinker is given instead of its clip."""

    name: Control = MISSING
    seed: int = 0
    """Chooses whose sound or frames."""


@dataclass
class EvalConfig:
    """Root of `python -m tgs.eval`."""

    checkpoint: str | None = None
    """Folder of a phase-2 export (paths.runs/train/RUN/export); null when no stage needs one."""
    splits: tuple[str, ...] = ("test_s", "test_u", "test_n")
    limit_clips: int | None = None
    """Only the first so many clips; the table then says that it is partial."""
    only: tuple[str, ...] = ()
    """Only references of these uids; empty means all. The table then says that it is partial."""
    overlays: int = 0
    """Write pictures of the first so many clips of each split."""
    masks: bool = False
    """Keep the soft masks as 8-bit images in masks/ of the record's folder; `python -m tgs.score` reads them."""
    overwrite: bool = False
    """Score every clip again although records of the same settings are there."""
    seed: int = 0
    scale: str = MISSING
    paths: Paths = field(default_factory=Paths)
    trainer: TrainerConfig = field(default_factory=TrainerConfig)
    prompt: PromptConfig = field(default_factory=PromptConfig)
    thresholds: ThresholdsConfig = field(default_factory=ThresholdsConfig)
    protocol: ProtocolConfig = field(default_factory=ProtocolConfig)
    table: TableConfig = field(default_factory=TableConfig)
    control: ControlConfig = field(default_factory=ControlConfig)
    benchmark: Any = MISSING
    thinker: Any = MISSING
    grounder: Any = MISSING
    segmenter: Any = MISSING
    logger: Any = None


def check_evaluation(cfg: DictConfig) -> None:
    """Ranges, and settings that have no effect under the chosen policy.

    Raises:
        ConfigError: a value is out of range, or would be passed over in silence.
    """
    for group, first, second in (
        ("thresholds", "box", "text"), ("thresholds", "reject", "doubt"), ("prompt", "rival_share", "rival_frames"),
    ):  # fmt: skip
        values = cfg[group][first], cfg[group][second]
        if not all(0 <= value <= 1 for value in values):
            got = ", ".join(map(str, values))
            raise ConfigError(f"{group}.{first} and {group}.{second} lie in [0, 1]; got {got}")
    policy = cfg.prompt.policy
    plain = OmegaConf.structured(PromptConfig(policy=policy))
    if policy is not Policy.adaptive and (moved := [key for key in plain if cfg.prompt[key] != plain[key]]):
        raise ConfigError(f"prompt.{moved[0]} has no effect with prompt={policy}: leave it out, or use prompt=adaptive")
    if policy not in THINKING:
        if cfg.control.name is not Control.none:
            raise ConfigError(f"control={cfg.control.name} is about the thinker, but prompt={policy} never thinks")
        if cfg.thresholds.doubt < 1:
            raise ConfigError(f"thresholds.doubt is about thoughts, but prompt={policy} never thinks: leave it at 1")
    if policy is Policy.box and cfg.thresholds.reject > 0:
        raise ConfigError("thresholds.reject is about the detector, which prompt=box never asks: leave it at 0")
