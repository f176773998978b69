"""The root of `python -m tgs.stickers`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from omegaconf import MISSING

from tgs.config.paths import Paths


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
