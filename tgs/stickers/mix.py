"""From a scene to its sound: every source cut to when it sounds, at its level, from where it is seen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tgs.stickers.scene import N_FRAMES, Level, Scene, Sounding
from tgs.stickers.sounds import SoundBank
from tgs.types import SAMPLE_RATE_HZ

GAINS: dict[Level, float] = {Level.soft: 0.25, Level.medium: 0.5, Level.loud: 1.0}
"""Amplitude of each level. Source: chosen here; 6 dB apart."""

NOISE_RMS = 0.0004
"""The noise floor, 28 dB below a soft source."""

_FADE_S = 0.02
_SIDE = 0.8  # how far to the side a source at the frame's edge is heard; 1 would leave one ear empty


def render_sound(scene: Scene, bank: SoundBank, noise_rms: float = NOISE_RMS) -> NDArray[np.float32]:
    """The clip's sound.

    A source keeps its loudness wherever it stands: the mean of both channels, which is what the models hear, does
    not depend on the panning.

    Args:
        scene: who sounds when, how loud, and where.
        bank: where the takes come from.
        noise_rms: RMS of the noise floor, 0 for none.

    Returns:
        float32 (S, 2) in [-1, 1], left and right, 10 s at `SAMPLE_RATE_HZ`.

    Raises:
        ConfigError: the bank lacks a take.
    """
    noise = np.random.default_rng(scene.noise).standard_normal((N_FRAMES * SAMPLE_RATE_HZ, 1), np.float32)
    wave_ST = np.repeat(noise * np.float32(noise_rms), 2, axis=1)
    for sticker in scene.stickers:
        if sticker.sound is not None:
            wave_S = bank.take(sticker.category, sticker.sound.take) * gate(sticker.sound)
            wave_ST += wave_S[:, None] * _ears(sticker.x if scene.stereo else 0.5)
    return np.clip(wave_ST, -1, 1)


def gate(sound: Sounding) -> NDArray[np.float32]:
    """Gain over time (S,): the level between start and end, with short fades inside, 0 elsewhere."""
    time_s = np.arange(N_FRAMES * SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    rise = np.minimum(time_s - sound.start_s, sound.end_s - time_s) / _FADE_S
    return (GAINS[sound.level] * np.clip(rise, 0, 1)).astype(np.float32)


def _ears(x: float) -> NDArray[np.float32]:
    """Gains of left and right, whose mean is 1, of a source at a fraction of the frame's width."""
    right = 0.5 + _SIDE * (min(max(x, 0.0), 1.0) - 0.5)
    return np.array([2 * (1 - right), 2 * right], np.float32)
