"""Endless mixed seconds for the audio encoder: up to three sources, each soft, medium or loud, over a little noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tgs.errors import ConfigError
from tgs.lit.zoo.stream import StreamData
from tgs.stickers.categories import CATEGORIES
from tgs.stickers.mix import GAINS, NOISE_RMS
from tgs.stickers.sample import TAKES
from tgs.stickers.sounds import SoundBank
from tgs.types import SAMPLE_RATE_HZ

NAMES = tuple(CATEGORIES)
LEVELS = 1 + len(GAINS)
"""Classes per category: 0 is silent, then the levels in the order of `GAINS`."""
TEST_TAKES = tuple(range(TAKES * 3 // 4, TAKES))
"""Never trained on: the ones that the benchmark's tests use."""
COUNTS = (0.06, 0.28, 0.36, 0.30)
"""Shares of seconds with 0, 1, 2 and 3 sources."""
CUT_SHARE = 0.1
"""Of the sources, that start or end within the second; at use they do so between seconds."""
CUT_S = (0.05, 0.3)


@dataclass(frozen=True)
class SecondBatch:
    """Seconds of sound (B, S) and the level of every category in them, int64 (B, V)."""

    waves_BS: Tensor
    levels_BV: Tensor

    def to(self, device: torch.device) -> SecondBatch:
        """The same batch on a device; Lightning calls this."""
        return SecondBatch(self.waves_BS.to(device), self.levels_BV.to(device))


def training_takes(takes: int) -> tuple[int, ...]:
    """The takes of a bank that may be trained on.

    Raises:
        ConfigError: the bank does not hold the test takes.
    """
    if takes < TAKES:
        raise ConfigError(f"takes={takes}: at least {TAKES} are needed, of which {TEST_TAKES} are for validation")
    return tuple(take for take in range(takes) if take not in TEST_TAKES)


def mix_second(
    rng: np.random.Generator, bank: SoundBank, takes: Sequence[int], *, cut_share: float = CUT_SHARE
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """One second and what sounds in it.

    Args:
        rng: the only source of randomness.
        bank: where the sources come from; all categories may sound.
        takes: which of its takes.
        cut_share: of the sources, that are cut short at one end.

    Returns:
        float32 (S,) at `SAMPLE_RATE_HZ`, and the class of each category's level (V,).
    """
    wave_S = rng.standard_normal(SAMPLE_RATE_HZ, np.float32) * np.float32(NOISE_RMS)
    levels_V = np.zeros(len(NAMES), np.int64)
    gains = list(GAINS.values())
    for v in rng.permutation(len(NAMES))[: rng.choice(len(COUNTS), p=COUNTS)]:
        level = int(rng.integers(len(gains)))
        take_S = bank.take(NAMES[v], takes[int(rng.integers(len(takes)))])
        start = int(rng.integers(len(take_S) - SAMPLE_RATE_HZ + 1))
        second_S = take_S[start : start + SAMPLE_RATE_HZ] * np.float32(gains[level])
        if rng.random() < cut_share:
            cut = int(rng.uniform(*CUT_S) * SAMPLE_RATE_HZ)
            second_S[(slice(0, cut) if rng.random() < 0.5 else slice(-cut, None))] = 0
        wave_S += second_S
        levels_V[v] = level + 1
    return wave_S.clip(-1, 1), levels_V


class SecondData(StreamData):
    """Mixed seconds of training takes to learn from, of the benchmark's test takes to validate on.

    Args:
        steps_per_epoch, val_batches, seed, workers: see `StreamData`.
        batch_size: seconds in a batch.
        takes: how many takes per category to make; the more, the more the encoder generalises.
        sounds: folder that keeps the sound bank between runs; None makes it anew, which takes minutes.
    """

    def __init__(
        self,
        *,
        steps_per_epoch: int,
        batch_size: int = 64,
        takes: int = 24,
        sounds: Path | str | None = None,
        val_batches: int = 20,
        seed: int = 0,
        workers: int = 0,
    ) -> None:
        learned = training_takes(takes)
        bank = SoundBank.load(None if sounds is None else Path(sounds), takes)
        super().__init__(
            partial(mix_second, bank=bank, takes=learned),
            partial(mix_second, bank=bank, takes=TEST_TAKES, cut_share=0.0),
            _stack,
            batch_size=batch_size,
            steps_per_epoch=steps_per_epoch,
            val_batches=val_batches,
            seed=seed,
            workers=workers,
        )


def _stack(seconds: list[tuple[NDArray[np.float32], NDArray[np.int64]]]) -> SecondBatch:
    waves, levels = zip(*seconds, strict=True)
    return SecondBatch(torch.from_numpy(np.stack(waves)), torch.from_numpy(np.stack(levels)))
