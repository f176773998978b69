"""The typed root of every entry point, and the checks that need more than one key.

Value groups (paths, trainer, optim, prompt, thresholds, protocol, control) are typed here, so that a wrong key fails
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
from tgs.types import THINKING, Control, Measure, Policy, Settle, Unparsed

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
    stickers_demo: str = MISSING
    """Its first clips."""
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
class ProtocolConfig:
    """How masks become numbers: a name of `tgs.metrics.protocols`."""

    name: str = MISSING


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


@dataclass
class ClaimConfig:
    """A claim of the article as data: a number of some rows lies above that of others.

    Rows are chosen by the command line's words, as `{prompt: simple, thresholds.box: 0.1}`; a list means any of its
    values, {} any row. The lowest of `larger` is held against the highest of `smaller`; rows that both choose count as
    larger only.
    """

    text: str = MISSING
    metric: Measure = MISSING
    larger: dict[str, Any] = field(default_factory=dict)
    smaller: dict[str, Any] = field(default_factory=dict)
    by: float = 0.0
    """The difference must be more than this: points of J&F, or S as a fraction."""
    drop_from: dict[str, Any] = field(default_factory=dict)
    """With drop_to: either side is not the number of a row but how far it falls from this setting to that one."""
    drop_to: dict[str, Any] = field(default_factory=dict)
    kinds: list[str] = field(default_factory=list)
    """Only references of these kinds; empty means all."""
    published: float | None = None
    """The article's own difference, in the unit of `by`; null where it gives none."""


@dataclass
class TableConfig:
    """The table at the end of a sweep, and what stands beside it."""

    name: str = ""
    """Its file's name, without `.md`."""
    title: str = ""
    question: str = ""
    note: str = ""
    """What a reader of the numbers must know."""
    published: str | None = None
    """The article's table beside ours: a name of `tgs.report.published`."""
    claims: list[ClaimConfig] = field(default_factory=list)
    write: str | None = None
    """Folder that gets `{name}.md`, such as experiments; null writes it in the sweep's folder only."""


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
        ConfigError: a value that a user must give is missing, or an evaluation's are out of range.
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
    if "thresholds" in cfg:
        check_evaluation(cfg)
    return cfg  # type: ignore[return-value]  # a DictConfig typed by `root`: attribute access is checked by OmegaConf


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
    if cfg.table.write is not None and not cfg.table.name:
        raise ConfigError(f"table.write={cfg.table.write} writes a page of which name? Add table.name=NAME.")
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


NOT_OF_A_RUN = ("paths", "logger", "overwrite", "run", "gate", "ingredients")
"""Keys of TrainConfig that are no settings of what is trained: a run goes on although they changed."""


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
