"""Made-up animals: pulse trains through moving formants, and whistles.

None of them would fool a person for long; each is unlike the others, which is all the benchmark asks for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from tgs.stickers.synth import Wave, again, clock_s, pulses, resonate
from tgs.types import SAMPLE_RATE_HZ


@dataclass(frozen=True)
class Voice:
    """How a throat sounds.

    Attributes:
        formants: (start, end) frequency of each resonance in Hz, the strongest first.
        attack_s, release_s: how fast a call swells and fades.
        breath: share of noise.
        jitter: unsteadiness of the pitch.
    """

    formants: tuple[tuple[float, float], ...]
    attack_s: float = 0.03
    release_s: float = 0.1
    breath: float = 0.05
    jitter: float = 0.01

    def call(self, rng: np.random.Generator, seconds: float, pitches_hz: Sequence[float]) -> Wave:
        """One call whose pitch runs through `pitches_hz`."""
        count = int(seconds * SAMPLE_RATE_HZ)
        along = np.linspace(0, 1, count)
        source = pulses(np.interp(along, np.linspace(0, 1, len(pitches_hz)), pitches_hz), rng, self.jitter, self.breath)
        call = np.zeros(count)
        for rank, (start, end) in enumerate(self.formants):
            closing, opening = (resonate(source, hz, 0.12 * hz + 40) for hz in (start, end))
            call += (closing * (1 - along) + opening * along) / (1 + 0.5 * rank)
        swell = np.minimum(along * seconds / self.attack_s, (1 - along) * seconds / self.release_s)
        return call * np.minimum(1, swell)


def bark(rng: np.random.Generator) -> Wave:
    """A dog: short rough yelps."""
    base = rng.uniform(260, 520)
    voice = Voice(((600, 900), (1300, 1500), (2600, 2500)), 0.01, 0.06, breath=0.5, jitter=0.05)
    return again(rng, lambda: voice.call(rng, rng.uniform(0.12, 0.2), [base, base * 1.6, base * 0.7]), (0.12, 0.35))


def meow(rng: np.random.Generator) -> Wave:
    """A cat: long calls that rise and fall."""
    base = rng.uniform(480, 760)
    voice = Voice(((700, 1100), (2000, 1500), (3300, 3000)), 0.08, 0.2, breath=0.03)
    return again(
        rng, lambda: voice.call(rng, rng.uniform(0.5, 0.9), [base * 0.8, base * 1.15, base * 0.75]), (0.1, 0.4)
    )


def chirp(rng: np.random.Generator) -> Wave:
    """A bird: one motif of a few whistled sweeps, over and over."""
    sweeps = [
        (rng.uniform(0.06, 0.2), rng.uniform(2200, 4800), rng.uniform(0.7, 1.4)) for _ in range(rng.integers(2, 5))
    ]
    trill_hz = rng.uniform(18, 40)

    def call() -> Wave:
        notes = []
        for seconds, start_hz, ratio in sweeps:
            time = clock_s(int(seconds * SAMPLE_RATE_HZ))
            along = time / seconds
            pitch = start_hz * ratio**along * (1 + 0.05 * np.sin(2 * np.pi * trill_hz * time))
            phase = 2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE_HZ
            notes += [np.sin(np.pi * along) * (np.sin(phase) + 0.15 * np.sin(2 * phase)), np.zeros(400)]
        return np.concatenate(notes)

    return again(rng, call, (0.08, 0.35))


def crow(rng: np.random.Generator) -> Wave:
    """A rooster: two short notes and a long one."""
    base = rng.uniform(480, 720)
    short = Voice(((900, 1000), (1800, 1900)))
    long = Voice(((1100, 900), (2300, 1900), (3400, 3200)), 0.02, 0.2)

    def call() -> Wave:
        first = short.call(rng, 0.12, [base * 0.9, base])
        second = short.call(rng, 0.10, [base, base * 1.1])
        return np.concatenate(
            [first, second, long.call(rng, rng.uniform(0.6, 0.8), [base * 1.1, base * 1.35, base * 0.8])]
        )

    return again(rng, call, (0.15, 0.4))


def moo(rng: np.random.Generator) -> Wave:
    """A cow: low, long, opening."""
    base = rng.uniform(90, 140)
    voice = Voice(((300, 650), (800, 1000)), 0.12, 0.25)
    return again(rng, lambda: voice.call(rng, rng.uniform(0.9, 1.4), [base * 0.8, base * 1.2, base]), (0.1, 0.4))


def bleat(rng: np.random.Generator) -> Wave:
    """A sheep: a trembling middle voice."""
    base = rng.uniform(190, 290)
    voice = Voice(((700, 750), (1700, 1600), (2700, 2700)), 0.04, 0.1, breath=0.15)

    def call() -> Wave:
        steady = voice.call(rng, rng.uniform(0.5, 0.9), [base, base * 1.05, base * 0.9])
        return steady * (1 + 0.7 * np.sin(2 * np.pi * rng.uniform(7, 10) * clock_s(len(steady))))

    return again(rng, call, (0.15, 0.4))


def roar(rng: np.random.Generator) -> Wave:
    """A lion: very low and hoarse."""
    base = rng.uniform(55, 95)
    voice = Voice(((350, 450), (800, 700), (1500, 1300)), 0.15, 0.3, breath=1.0, jitter=0.2)
    return again(rng, lambda: voice.call(rng, rng.uniform(1.0, 1.6), [base, base * 1.5, base * 0.8]), (0.1, 0.4))


ANIMALS: dict[str, Callable[[np.random.Generator], Wave]] = {
    "dog": bark,
    "cat": meow,
    "bird": chirp,
    "rooster": crow,
    "cow": moo,
    "sheep": bleat,
    "lion": roar,
}
"""Category -> ten seconds of it."""
