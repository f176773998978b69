"""The root of `python -m tgs.doctor`."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from omegaconf import MISSING

from tgs.config.paths import Paths
from tgs.config.trainer import TrainerConfig
from tgs.types import Split


class Part(StrEnum):
    """What the doctor can look at."""

    csv = "csv"  # rows, and what lies beside the csv
    clips = "clips"  # frames, sounds and masks of every clip
    environment = "environment"  # packages, devices, memory, disk
    weights = "weights"  # of thinker, grounder and segmenter


@dataclass
class DoctorConfig:
    """Root of `python -m tgs.doctor`. Whatever else tgs.eval is given for these groups can be given here, too."""

    check: list[Part] = field(default_factory=lambda: list(Part))
    """Which parts to look at."""
    splits: list[Split] = field(default_factory=list)
    """Only clips of these splits; empty means all. Rows are always looked at all together."""
    workers: int = 2
    """Processes that look at clips."""
    overwrite: bool = False
    """Look again at clips that have not changed since they were last looked at."""
    output: str | None = None
    """The json of all findings; null: doctor.json in the record's folder below paths.runs/doctor."""
    checkpoint: str | None = None
    """Folder of a phase-2 export that the weights should fit, too."""
    scale: str = MISSING
    paths: Paths = field(default_factory=Paths)
    trainer: TrainerConfig = field(default_factory=TrainerConfig)
    benchmark: Any = MISSING
    thinker: Any = MISSING
    grounder: Any = MISSING
    segmenter: Any = MISSING
