"""Instruments: random music, played through a packaged sound font.

The font (TimGM6mb, GPL-2) is not part of this repository: it comes with pretty-midi, by the `stickers` extra.
"""

from __future__ import annotations

import io
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tgs.errors import DataError
from tgs.stickers.categories import Category
from tgs.stickers.scene import N_FRAMES
from tgs.types import SAMPLE_RATE_HZ

if TYPE_CHECKING:
    from pretty_midi import Instrument

_SCALES = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10), (0, 3, 5, 7, 10))  # major, minor, pentatonic
_KITS = (0, 8, 16, 32)
_KICK, _SNARE, _OTHERS = 36, 38, (42, 45, 46, 49)  # keys of the drum channel


def play(category: Category, rng: np.random.Generator) -> NDArray[np.float32]:
    """Ten seconds of a category that General MIDI has: a melody or a beat.

    Returns:
        float32 mono (S,) at `SAMPLE_RATE_HZ`, at the font's own loudness.

    Raises:
        DataError: the packages of the `stickers` extra are missing.
    """
    try:
        import midirenderer
        import pretty_midi
    except ModuleNotFoundError as error:
        raise DataError(
            f"{category.name} cannot be played ({error}). The sound font comes with the extra `stickers`: "
            "pip install tgs[stickers]."
        ) from error
    if not category.programs:
        part = pretty_midi.Instrument(_KITS[rng.integers(len(_KITS))], is_drum=True)
        _beat(part, rng)
    else:
        part = pretty_midi.Instrument(category.programs[rng.integers(len(category.programs))])
        _melody(part, category.keys, rng)
    song = pretty_midi.PrettyMIDI()
    song.instruments.append(part)
    written = io.BytesIO()
    song.write(written)
    return _heard(bytes(midirenderer.render_wave_from(_font(), written.getvalue())))


@lru_cache(maxsize=1)
def _font() -> bytes:
    return (files("pretty_midi") / "TimGM6mb.sf2").read_bytes()


def _heard(wav: bytes) -> NDArray[np.float32]:
    """Stereo wav of any rate and length -> ten seconds of mono at our rate."""
    import soundfile
    import soxr

    stereo_ST, rate_hz = soundfile.read(io.BytesIO(wav), dtype="float32", always_2d=True)
    wave_S = soxr.resample(stereo_ST.mean(axis=1), rate_hz, SAMPLE_RATE_HZ)[: N_FRAMES * SAMPLE_RATE_HZ]
    return np.pad(wave_S, (0, N_FRAMES * SAMPLE_RATE_HZ - len(wave_S))).astype(np.float32)


def _strike(part: Instrument, key: int, start_s: float, end_s: float, rng: np.random.Generator) -> None:
    from pretty_midi import Note

    part.notes.append(Note(int(rng.integers(80, 116)), key, start_s, min(end_s, float(N_FRAMES))))


def _melody(part: Instrument, keys: tuple[int, int], rng: np.random.Generator) -> None:
    """A walk over a random scale at a random tempo; no note is longer than 0.6 s, so that no second is empty."""
    scale, root = _SCALES[rng.integers(len(_SCALES))], int(rng.integers(12))
    pool = [key for key in range(keys[0], keys[1] + 1) if (key - root) % 12 in scale]
    step_s = float(rng.uniform(0.16, 0.34))
    at, place = 0.0, int(rng.integers(len(pool)))
    while at < N_FRAMES - 0.05:
        length_s = min(0.6, step_s * (0.5, 1.0, 1.0, 2.0)[rng.integers(4)])
        place = int(np.clip(place + rng.integers(-3, 4), 0, len(pool) - 1))
        _strike(part, pool[place], at, at + 0.95 * length_s, rng)
        at += length_s


def _beat(part: Instrument, rng: np.random.Generator) -> None:
    """A loop of eight steps: kick, snare, and something else between them."""
    step_s = float(rng.uniform(0.13, 0.24))
    loop = [_KICK, *(_OTHERS[i] for i in rng.integers(len(_OTHERS), size=7))]
    loop[int(rng.integers(2, 5))] = _SNARE
    loop[int(rng.integers(5, 8))] = _SNARE if rng.random() < 0.5 else _KICK
    for step in range(int((N_FRAMES - 0.05) / step_s)):
        if step % 8 == 0 or rng.random() < 0.85:
            _strike(part, loop[step % 8], step * step_s, (step + 0.9) * step_s, rng)
