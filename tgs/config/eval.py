"""The root of `python -m tgs.eval`, and the checks that need more than one of its keys."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from omegaconf import MISSING, DictConfig, OmegaConf

from tgs.config.paths import Paths
from tgs.config.protocol import ProtocolConfig
from tgs.config.table import TableConfig
from tgs.config.trainer import SHARDING, TrainerConfig
from tgs.errors import ConfigError
from tgs.types import THINKING, Control, NullIn, Padding, Policy, Reading, Settle, Tracking, Unparsed, Wording

NO_QUIRK, ALL_QUIRKS = "none", "all"
"""Names in conf/quirk: ours, and the released code's way in everything."""

ADAPTIVE_ONLY = ("rival_share", "rival_frames", "settle")
"""Keys of `PromptConfig` that other policies do not read."""


@dataclass
class PromptConfig:
    """The description policy of one evaluation, and what a thought comes to under it.

    Mirrors `tgs.pipeline.adaptive.AdaptiveRule` in the keys `ADAPTIVE_ONLY`, and `tgs.pipeline.description.TextRule` in
    the others, which all policies read that think.
    """

    policy: Policy = MISSING
    rival_share: float = 0.6
    """A T_s box is a rival if it scores more than this fraction of the best one's score. In [0, 1]."""
    rival_frames: float = 0.5
    """T_f decides if at least this fraction of the frames, and at least one, has a rival. In [0, 1]."""
    settle: Settle = Settle.fine
    """fine: T_f's own box; agreement: the T_s box on which T_f scores best."""
    unparsed: Unparsed = Unparsed.none
    """What the detector is asked for where the thought cannot be read: nothing; raw, the reference itself; error, the
    word "Error" (released code)."""
    null_in: NullIn = NullIn.all
    """A thought may say that nobody fits in all splits, or in test_n; then the detector is asked for "null" elsewhere
    (released code)."""
    extra_dot: bool = False
    """Put a '.' behind every description, even one that ends in one (released code)."""


@dataclass
class AskingConfig:
    """How the thinker is asked and read in an evaluation, whatever it was trained with; see `RefThinker`."""

    wording: Wording = Wording.train
    """Of the question: train, or test: without colon and quotes around the expression (released code)."""
    padding: Padding = Padding.masked
    """masked, or unmasked: rows that are shorter than others of their batch read the padding (released code)."""
    batch_rows: int = 32
    """References of one clip that are answered at once (8 in the released code, of any clips)."""
    reading: Reading = Reading.strict
    """strict, or by_tag: each description is looked for on its own (released code)."""


@dataclass
class SegmentingConfig:
    """What the segmenter is shown; see `tgs.segment.view.Viewed`."""

    swap_channels: bool = False
    """Red and blue change places (released code)."""
    size_px: int | None = None
    """Side of the square to which frames are brought, and which masks then have (224 in the released code)."""


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
class StoreConfig:
    """Where what the stages made is kept for other runs, see `tgs.pipeline.store`."""

    folder: str | None = None
    """null keeps nothing, and makes everything anew."""
    budget_gb: float | None = 50.0
    """At the end of a run or sweep, what was not used for longest goes until the rest fits; null: nothing goes."""


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
    """Score every clip again although records of the same settings are there; store.folder=null makes all anew."""
    seed: int = 0
    scale: str = MISSING
    quirk: str = MISSING
    """The name in conf/quirk by which ways of the released code were chosen; each is a key of its own elsewhere."""
    one_per_uid: bool = False
    """Lose rows whose uid another row of the csv has (released code)."""
    paths: Paths = field(default_factory=Paths)
    trainer: TrainerConfig = field(default_factory=TrainerConfig)
    prompt: PromptConfig = field(default_factory=PromptConfig)
    asking: AskingConfig = field(default_factory=AskingConfig)
    segmenting: SegmentingConfig = field(default_factory=SegmentingConfig)
    thresholds: ThresholdsConfig = field(default_factory=ThresholdsConfig)
    protocol: ProtocolConfig = field(default_factory=ProtocolConfig)
    table: TableConfig = field(default_factory=TableConfig)
    control: ControlConfig = field(default_factory=ControlConfig)
    store: StoreConfig = field(default_factory=StoreConfig)
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
    for group, key in (("asking", "batch_rows"), ("segmenting", "size_px")):
        if (value := cfg[group][key]) is not None and value < 1:
            raise ConfigError(f"{group}.{key} must be at least 1; got {value}")
    if cfg.segmenter.mode not in [*Tracking]:
        raise ConfigError(f"segmenter.mode is one of {', '.join(Tracking)}; got {cfg.segmenter.mode}")
    if cfg.trainer.strategy in SHARDING:
        raise ConfigError(
            f"trainer.strategy={cfg.trainer.strategy} is for training: evaluate with trainer=gpu or trainer=ddp"
        )
    processes = cfg.trainer.devices, cfg.trainer.num_nodes or 1
    if (engine := OmegaConf.select(cfg, "thinker.engine", default="torch")) != "torch" and processes != (1, 1):
        raise ConfigError(
            f"thinker.engine={engine} runs in one process: set trainer.devices=1, and spread the language model over "
            "several GPUs by thinker.vllm.tensor_parallel_size"
        )
    policy = cfg.prompt.policy
    if moved := without_effect(cfg):
        other = "adaptive" if moved[0].removeprefix("prompt.") in ADAPTIVE_ONLY else "simple"
        raise ConfigError(f"{moved[0]} has no effect with prompt={policy}: leave it out, or use prompt={other}")
    if cfg.prompt.null_in is not NullIn.all and cfg.thresholds.doubt < 1:
        raise ConfigError(
            "thresholds.doubt turns thoughts into null ones, but prompt.null_in=test_n looks for the word in the text: "
            "leave one of them out"
        )
    if policy not in THINKING:
        if cfg.control.name is not Control.none:
            raise ConfigError(f"control={cfg.control.name} is about the thinker, but prompt={policy} never thinks")
        if cfg.thresholds.doubt < 1:
            raise ConfigError(f"thresholds.doubt is about thoughts, but prompt={policy} never thinks: leave it at 1")
    if policy is Policy.box and cfg.thresholds.reject > 0:
        raise ConfigError("thresholds.reject is about the detector, which prompt=box never asks: leave it at 0")


def without_effect(cfg: DictConfig) -> list[str]:
    """Keys that were moved although the prompt does not read them.

    All quirks together may be asked of any prompt: those of a thinker that is not there have no effect.
    """
    policy = cfg.prompt.policy
    unread = [] if policy is Policy.adaptive else [f"prompt.{key}" for key in ADAPTIVE_ONLY]
    plain = OmegaConf.structured({"prompt": PromptConfig(policy=policy), "asking": AskingConfig()})
    if policy not in THINKING and cfg.quirk != ALL_QUIRKS:
        unread += [f"{group}.{key}" for group in plain for key in plain[group]]
    return [key for key in unread if OmegaConf.select(cfg, key) != OmegaConf.select(plain, key)]
