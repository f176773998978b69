"""Made-up vehicles and devices: rough pulse trains through fixed resonances, gated noise, small bells, clicks."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tgs.stickers.scene import N_FRAMES
from tgs.stickers.synth import N_SAMPLES, Wave, again, band, below, clock_s, pulses, resonate
from tgs.types import SAMPLE_RATE_HZ


def _engine(rng: np.random.Generator, rate_hz: float, bright_hz: float, roughness: float) -> Wave:
    """Firing at an unsteady rate through the resonances of a block, a pipe and a body."""
    drift = 1 + 0.12 * np.cumsum(rng.standard_normal(20)) / 8
    speed = np.interp(np.arange(N_SAMPLES), np.linspace(0, N_SAMPLES, 20), np.clip(drift, 0.75, 1.35) * rate_hz)
    firing = pulses(speed, rng, roughness, breath=0.3)
    block = resonate(firing, rng.uniform(0.9, 1.1) * 3 * rate_hz, 2 * rate_hz)
    pipe = resonate(firing, rng.uniform(480, 720), 300)
    body = resonate(firing, bright_hz, bright_hz / 2)
    return below(block + 0.6 * pipe + 0.3 * body, 1.6 * bright_hz)


def car(rng: np.random.Generator) -> Wave:
    """A smooth engine of middle speed."""
    return _engine(rng, rng.uniform(55, 75), 1200, 0.03)


def truck(rng: np.random.Generator) -> Wave:
    """A slow, dark engine."""
    return _engine(rng, rng.uniform(24, 34), 700, 0.05)


def motorcycle(rng: np.random.Generator) -> Wave:
    """A fast, bright, chopped engine."""
    chop = 1 + 0.5 * np.sign(np.sin(2 * np.pi * rng.uniform(9, 13) * clock_s(N_SAMPLES)))
    return _engine(rng, rng.uniform(95, 140), 2600, 0.08) * chop


def train(rng: np.random.Generator) -> Wave:
    """Puffs of steam, and now and then a whistle of four tones."""
    time = clock_s(N_SAMPLES)
    puff = np.clip(np.sin(2 * np.pi * rng.uniform(2.5, 4) * time), 0, 1) ** 2
    pitch = rng.uniform(300, 360)
    whistle = sum((np.sin(2 * np.pi * pitch * ratio * time) for ratio in (1, 1.26, 1.5, 1.68)), np.zeros(N_SAMPLES))
    blows = np.sin(2 * np.pi * 0.35 * time + rng.uniform(0, 6)) > 0.2
    return 1.2 * band(rng.standard_normal(N_SAMPLES), 300, 3000) * puff + 0.25 * below(whistle * blows, 3000)


def rotor(rng: np.random.Generator) -> Wave:
    """A helicopter: blades that slap ten times a second, and the whine of the turbine."""
    time = clock_s(N_SAMPLES)
    slap = np.clip(np.sin(2 * np.pi * rng.uniform(9, 14) * time), 0, 1) ** 3
    whine = np.sin(2 * np.pi * rng.uniform(800, 1300) * time + 2 * np.sin(2 * np.pi * 5 * time))
    wash = band(rng.standard_normal(N_SAMPLES), 60, rng.uniform(350, 600))
    return 3 * wash * (0.15 + slap) + 0.12 * whine + 0.1 * rng.standard_normal(N_SAMPLES) * slap


def ring(rng: np.random.Generator) -> Wave:
    """A telephone: a clapper between two small bells, with pauses."""
    base, clapper_hz = rng.uniform(1000, 1500), rng.uniform(18, 26)
    time = clock_s(int(0.25 * SAMPLE_RATE_HZ))
    bells = [
        sum((np.sin(2 * np.pi * hz * part * time) * np.exp(-18 * part * time) for part in (1, 2.7, 4.1)), 0 * time)
        for hz in (base, base * rng.uniform(1.15, 1.3))
    ]

    def call() -> Wave:
        strikes = int(rng.uniform(0.7, 1.1) * clapper_hz)
        burst = np.zeros(int(strikes / clapper_hz * SAMPLE_RATE_HZ) + len(time))
        for strike in range(strikes):
            at = int(strike / clapper_hz * SAMPLE_RATE_HZ)
            burst[at : at + len(time)] += bells[strike % 2]
        return burst

    return again(rng, call, (0.1, 0.35))


def tick(rng: np.random.Generator) -> Wave:
    """A clock: clicks of two pitches in turn, at one rate."""
    wave_S = np.zeros(N_SAMPLES)
    length = 1600
    decay = np.exp(-np.arange(length) / 60)
    for beat, start in enumerate(np.arange(0.02, N_FRAMES - 0.05, rng.uniform(0.24, 0.45))):
        click = resonate(rng.standard_normal(length) * decay, (2400, 1900)[beat % 2] * rng.uniform(0.98, 1.02), 40)
        at = int(start * SAMPLE_RATE_HZ)
        wave_S[at : at + length] += (click / np.abs(click).max())[: N_SAMPLES - at]
    return wave_S


MACHINES: dict[str, Callable[[np.random.Generator], Wave]] = {
    "car": car,
    "truck": truck,
    "motorcycle": motorcycle,
    "helicopter": rotor,
    "train": train,
    "telephone": ring,
    "clock": tick,
}
"""Category -> ten seconds of it."""
