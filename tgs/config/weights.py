"""The root of `python -m tgs.weights`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from omegaconf import MISSING

from tgs.config.paths import Paths


@dataclass
class WeightsConfig:
    """Root of `python -m tgs.weights`. Thinker, grounder and segmenter are chosen as for tgs.eval."""

    download: bool = False
    """Fetch what is missing, or does not fit, and is on the Hugging Face hub."""
    checkpoint: str | None = None
    """Folder of a phase-2 export that a run is to load, too."""
    scale: str = MISSING
    paths: Paths = field(default_factory=Paths)
    thinker: Any = MISSING
    grounder: Any = MISSING
    segmenter: Any = MISSING
