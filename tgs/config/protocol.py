"""How masks become numbers, for whatever scores them."""

from __future__ import annotations

from dataclasses import dataclass

from omegaconf import MISSING


@dataclass
class ProtocolConfig:
    """How masks become numbers: a name of `tgs.metrics.protocols`."""

    name: str = MISSING
