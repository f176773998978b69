"""What made-up sounds are built from: filters, resonances, pulse trains, calls that come again and again."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, lfilter, sosfilt

from tgs.stickers.scene import N_FRAMES
from tgs.types import SAMPLE_RATE_HZ

Wave = NDArray[np.float64]
N_SAMPLES = N_FRAMES * SAMPLE_RATE_HZ
_LONGEST_GAP_S = 0.4
"""Silence between two calls at most: any whole second of a take holds sound."""


def band(wave_S: Wave, low_hz: float, high_hz: float) -> Wave:
    """The wave between two frequencies."""
    return np.asarray(sosfilt(butter(2, [low_hz, high_hz], "band", fs=SAMPLE_RATE_HZ, output="sos"), wave_S))


def below(wave_S: Wave, high_hz: float) -> Wave:
    """The wave below a frequency."""
    return np.asarray(sosfilt(butter(3, high_hz, "low", fs=SAMPLE_RATE_HZ, output="sos"), wave_S))


def resonate(wave_S: Wave, centre_hz: float, width_hz: float) -> Wave:
    """The wave through one resonance."""
    radius = np.exp(-np.pi * width_hz / SAMPLE_RATE_HZ)
    angle = 2 * np.pi * centre_hz / SAMPLE_RATE_HZ
    return np.asarray(lfilter([1 - radius], [1, -2 * radius * np.cos(angle), radius * radius], wave_S))


def clock_s(count: int) -> Wave:
    """Time of each of `count` samples, in seconds."""
    return np.arange(count) / SAMPLE_RATE_HZ


def pulses(pitch_S: Wave, rng: np.random.Generator, jitter: float, breath: float) -> Wave:
    """A train of softened pulses at a moving pitch in Hz, with unsteady periods and added noise."""
    count = len(pitch_S)
    wobble = 1 + 5 * jitter * below(rng.standard_normal(count), 60)
    train = np.diff(np.floor(np.cumsum(pitch_S * wobble) / SAMPLE_RATE_HZ), prepend=0.0)
    train = np.asarray(lfilter([1], [1, -0.9], train))
    return train - train.mean() + breath * rng.standard_normal(count)


def again(rng: np.random.Generator, call: Callable[[], Wave], gap_s: tuple[float, float]) -> Wave:
    """Ten seconds of calls, each followed by a pause between `gap_s` seconds."""
    wave_S = np.zeros(N_SAMPLES)
    at = int(rng.uniform(0, 0.1) * SAMPLE_RATE_HZ)
    while at < N_SAMPLES:
        once = call()
        once = once / (np.abs(once).max() + 1e-9) * rng.uniform(0.75, 1)
        room = min(len(once), N_SAMPLES - at)
        wave_S[at : at + room] += once[:room]
        at += len(once) + int(rng.uniform(gap_s[0], min(gap_s[1], _LONGEST_GAP_S)) * SAMPLE_RATE_HZ)
    return wave_S
