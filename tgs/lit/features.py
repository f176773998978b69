"""Features of the frozen encoders, computed once per clip before training and kept in memory as float16."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

import torch
from tqdm import tqdm

from tgs.think.features import Features
from tgs.think.ref_thinker import RefThinker
from tgs.types import Clip

T = TypeVar("T")


class FeatureBank:
    """Clips that were encoded, by name.

    Encoding a clip costs more than a training step on it; epochs never repeat it.
    """

    def __init__(self) -> None:
        self._features: dict[str, Features] = {}

    def fill(self, thinker: RefThinker, clips: Iterable[Clip], total: int) -> None:
        """Encode what is not there yet.

        Args:
            thinker: its frozen encoders are used.
            clips: of distinct names.
            total: how many, for the progress bar.
        """
        for clip in told(clips, total, "encoding clips"):
            if clip.vid not in self._features:
                self._features[clip.vid] = thinker.encode([clip]).to("cpu", torch.float16)

    def batch(self, names: Sequence[str], device: torch.device) -> list[Features]:
        """Features of single clips as float32 on a device."""
        return [self._features[name].to(device, torch.float32) for name in names]


def told(items: Iterable[T], total: int, what: str) -> Iterator[T]:
    """The items, with a bar on a terminal and a line now and then in a log."""
    yield from tqdm(items, total=total, desc=what, mininterval=0.2 if sys.stderr.isatty() else 20)
