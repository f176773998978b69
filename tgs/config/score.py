"""The root of `python -m tgs.score`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from omegaconf import MISSING

from tgs.config.paths import Paths
from tgs.config.protocol import ProtocolConfig
from tgs.config.table import TableConfig
from tgs.types import Foreground


@dataclass
class ScoreConfig:
    """Masks of any system against the truth."""

    predictions: str = MISSING
    """A folder `{uid}/{i:05d}.png` (what `tgs.eval masks=true` writes, too), or a .jsonl file of COCO run lengths."""
    foreground: Foreground = Foreground.soft
    """soft: 8-bit probabilities, or masks of 0 and 255; nonzero: every value but 0 is inside."""
    splits: tuple[str, ...] = ("test_s", "test_u", "test_n")
    allow_partial: bool = False
    """Numbers although references have no masks; the table then says that it is partial."""
    output: str | None = None
    """A json file for the numbers: one entry a reference, and the aggregates."""
    workers: int = 2
    """Processes that read and score clips; the numbers do not depend on it."""
    overwrite: bool = False
    """Score every clip again although records of the same masks are there."""
    paths: Paths = field(default_factory=Paths)
    protocol: ProtocolConfig = field(default_factory=ProtocolConfig)
    table: TableConfig = field(default_factory=TableConfig)
    benchmark: Any = MISSING
