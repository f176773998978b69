"""The typed root of every entry point, and the checks that need more than one key.

Value groups (paths, trainer, optim, prompt, thresholds, protocol) are typed here, so that a wrong key fails
at compose and is named. Component groups (task, data, benchmark, thinker, grounder, segmenter, logger,
callbacks) carry `_target_` and are typed by the signature they call. Nothing here imports torch.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from hydra.core.config_store import ConfigStore
from hydra.core.hydra_config import HydraConfig
from hydra.errors import CompactHydraException
from omegaconf import MISSING, DictConfig, OmegaConf
from omegaconf.errors import InterpolationToMissingValueError

from tgs.digest import digest_value
from tgs.errors import ConfigError, TgsError
from tgs.types import Policy

CONF = str(Path(__file__).resolve().parents[1] / "conf")
"""The config folder, beside the package."""

T = TypeVar("T")


@dataclass
class Paths:
    """Where things lie. Relative paths start at the current folder."""

    data: str = MISSING
    """Root of the default data folders."""
    stickers: str = MISSING
    """The benchmark that tgs makes."""
    captions: str = MISSING
    """Phase 1: audiocaps.json, images.json, videos.json and their media."""
    ref_avsbench: str = MISSING
    """Ref-AVSBench: media/, gt_mask/, metadata.csv."""
    r2_avsbench: str = MISSING
    """R2-AVSBench: its csv files; frames and masks are Ref-AVSBench's."""
    weights: str = MISSING
    """Published weights, for scale=small and scale=paper."""
    zoo: str = MISSING
    """The tiny weights; shipped inside the package."""
    runs: str = MISSING
    """Everything that a run writes."""


@dataclass
class TrainerConfig:
    """What Lightning's Trainer is given. Other keys of it are not settings of ours."""

    accelerator: str = MISSING
    devices: int = MISSING
    strategy: str = "auto"
    precision: str = "32-true"
    max_epochs: int = 1
    accumulate_grad_batches: int = 1
    gradient_clip_val: float = 1.0
    log_every_n_steps: int = 10
    limit_val_batches: float = 1.0
    check_val_every_n_epoch: int = 1
    threads: int | None = None
    """CPU threads of torch; null leaves torch's own choice."""


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
class PromptConfig:
    """The description policy of one evaluation."""

    policy: Policy = MISSING


@dataclass
class ThresholdsConfig:
    """Which detections become boxes."""

    box: float = 0.10
    """Keep a box scoring above this (the paper's tau_bbox). Fraction in [0, 1]."""
    text: float = 0.25
    """A word counts towards the label above this (tau_text). Fraction in [0, 1]. It has no effect on boxes or
    masks: the released `predict` (grounding_dino/util/inference.py) only builds labels with it, which are ignored."""
    choice: str = "best"
    """best, first (released code) or all."""
    max_boxes: int = 5
    """At most so many boxes with choice=all."""


@dataclass
class ProtocolConfig:
    """How masks become numbers: a name of `tgs.metrics.protocols`."""

    name: str = MISSING


@dataclass
class TrainConfig:
    """Root of `python -m tgs.train`."""

    run: str = MISSING
    """Name of the run folder under paths.runs/train; the same command goes on where it was stopped."""
    overwrite: bool = False
    """Start anew although the run folder holds a run."""
    seed: int = 0
    scale: str = MISSING
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


@dataclass
class EvalConfig:
    """Root of `python -m tgs.eval`."""

    checkpoint: str | None = None
    """Folder of a phase-2 export (paths.runs/train/RUN/export); null when no stage needs one."""
    splits: tuple[str, ...] = ("test_s", "test_u", "test_n")
    limit_clips: int | None = None
    """Only the first so many clips; the table then says that it is partial."""
    overlays: int = 0
    """Write pictures of the first so many clips of each split."""
    overwrite: bool = False
    """Score every clip again although records of the same settings are there."""
    seed: int = 0
    scale: str = MISSING
    paths: Paths = field(default_factory=Paths)
    trainer: TrainerConfig = field(default_factory=TrainerConfig)
    prompt: PromptConfig = field(default_factory=PromptConfig)
    thresholds: ThresholdsConfig = field(default_factory=ThresholdsConfig)
    protocol: ProtocolConfig = field(default_factory=ProtocolConfig)
    benchmark: Any = MISSING
    thinker: Any = MISSING
    grounder: Any = MISSING
    segmenter: Any = MISSING
    logger: Any = None


@dataclass
class StickersConfig:
    """Root of `python -m tgs.stickers`."""

    folder: str = MISSING
    """Where the set is written, whole or not at all."""
    settings: Any = MISSING
    """`tgs.stickers.settings.StickersSettings`."""
    workers: int = 2
    """Processes that draw clips; the bytes do not depend on it."""
    overwrite: bool = False
    """Replace a set of other settings that stands in the folder."""
    paths: Paths = field(default_factory=Paths)


def register() -> None:
    """Tell Hydra the typed roots and tgs's one resolver, `${tgs_package:PATH}`; before `hydra.main` composes."""
    store = ConfigStore.instance()
    store.store("train_schema", TrainConfig)
    store.store("eval_schema", EvalConfig)
    store.store("stickers_schema", StickersConfig)
    OmegaConf.register_new_resolver("tgs_package", lambda path: str(Path(__file__).parent / path), replace=True)


def typed(cfg: DictConfig, root: type[T]) -> T:
    """The composed config as its dataclass, checked.

    Raises:
        ConfigError: a value that a user must give is missing, or thresholds are out of range.
    """
    try:
        missing = sorted(key for key in OmegaConf.missing_keys(cfg) if not key.startswith("paths."))
    except InterpolationToMissingValueError as error:
        named = str(error).splitlines()[0].rpartition(": ")[2]
        raise ConfigError(f"{error.full_key} needs {named}, which has no value: add {named}=DIR") from error
    if "task" in missing:
        known = ", ".join(sorted(path.stem for path in Path(CONF, "experiment").glob("*.yaml")))
        raise ConfigError(f"nothing to train: pick a run with +experiment=NAME, one of {known}")
    if missing:
        raise ConfigError(f"no value for {', '.join(missing)}: give it on the command line, {missing[0]}=...")
    thresholds = cfg.get("thresholds")
    if thresholds and not (0 <= thresholds.box <= 1 and 0 <= thresholds.text <= 1):
        raise ConfigError(f"thresholds.box and thresholds.text lie in [0, 1]; got {thresholds.box}, {thresholds.text}")
    return cfg  # type: ignore[return-value]  # a DictConfig typed by `root`: attribute access is checked by OmegaConf


def settings_of(cfg: DictConfig, without: tuple[str, ...]) -> dict[str, Any]:
    """Plain, resolved settings except the top-level keys `without`: what a run's digest is made of."""
    kept = OmegaConf.masked_copy(cfg, [str(key) for key in cfg if key not in without])
    return OmegaConf.to_container(kept, resolve=False, enum_to_str=True)  # type: ignore[return-value]


def digest_config(cfg: DictConfig, without: tuple[str, ...] = ("paths", "logger", "overwrite")) -> str:
    """Digest of what a run's result depends on; interpolated paths count by their name, not their place."""
    return digest_value(settings_of(cfg, without))


class JobError(CompactHydraException):
    """A TgsError on its way through Hydra: printed as one message, without a traceback."""


def plain_errors(main: Callable[[DictConfig], Any]) -> Callable[[DictConfig], Any]:
    """Let Hydra print our own errors as messages; every other exception keeps its traceback."""

    @functools.wraps(main)
    def guarded(cfg: DictConfig) -> Any:
        try:
            return main(cfg)
        except TgsError as error:
            raise JobError(f"{type(error).__name__}: {error}") from error

    return guarded


def job_folder() -> Path:
    """Hydra's own folder of this job (logs; in a sweep, the job's number)."""
    return Path(HydraConfig.get().runtime.output_dir)
