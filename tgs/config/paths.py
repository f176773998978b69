"""Where everything lies, for every entry point."""

from __future__ import annotations

from dataclasses import dataclass

from omegaconf import MISSING


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
