"""A clip's sound: can it be read, does it last as long as the frames, is there anything in it, or too much?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from tgs.data.media import N_FRAMES
from tgs.data.sound import load_wave
from tgs.doctor.finding import Chart, Kind
from tgs.errors import DataError

SHORTEST_S = 1.75
"""A tenth of it is the shortest that BEATs takes: one patch of 16 mel frames, 2800 samples at 16 kHz."""

TOLERANCE_S = 0.25
"""How far a sound may be from one second a frame: an encoder's last block is no fault."""

SILENT = 1 / 256
"""Peak below which nothing is heard: one step of 8 bits; the noise floor of a muted sticker clip lies under it."""

FULL_SCALE = 0.98
"""From here on a sample counts as full: the loudest step of u-law, the coarsest format in use."""

CLIPPED_SHARE = 0.01
"""A sound with more of its samples at full scale was cut off there; music mastered loudly has a few."""

MUTED_PREFIX = "null_m-"
"""Folders of null clips whose sound was taken away, by Ref-AVSBench's and our naming."""


def examine_sound(path: Path, where: str, folder: str, chart: Chart) -> None:
    """Read a sound as a run would, and look at its samples as they are stored.

    Args:
        path: a wav of any rate, type and channel count.
        where: how findings name it.
        folder: the clip.
        chart: takes the findings.
    """
    if not path.is_file():
        chart.find(Kind.missing_sound, where, "does not exist")
        return
    try:
        load_wave(path)
    except DataError as error:
        chart.find(Kind.unreadable_sound, where, error)
        return
    wave_SC, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    duration_s, level_SC = len(wave_SC) / rate_hz, np.abs(wave_SC)
    if duration_s < SHORTEST_S:
        chart.find(Kind.short_sound, where, f"{duration_s:.3f} s; at least {SHORTEST_S} s are needed")
    elif abs(duration_s - N_FRAMES) > TOLERANCE_S:
        chart.find(Kind.odd_duration, where, f"{duration_s:.2f} s for {N_FRAMES} frames, one a second")
    full = float((level_SC >= FULL_SCALE).mean())
    if level_SC.max() < SILENT:
        kind = Kind.muted_null if folder.startswith(MUTED_PREFIX) else Kind.silent_sound
        chart.find(kind, where, f"no sample above {level_SC.max():.4f}")
    elif full > CLIPPED_SHARE:
        chart.find(Kind.clipped_sound, where, f"{100 * full:.1f} % of the samples at full scale")
