"""Any wav file as the one kind of sound that tgs hears."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from tgs.errors import DataError
from tgs.types import SAMPLE_RATE_HZ


def load_wave(path: Path) -> NDArray[np.float32]:
    """Read a sound file of any rate, sample type and channel count.

    Channels are averaged, then the result is resampled. Sounds near full scale may overshoot 1 a little, as they do
    in the released processing.

    Args:
        path: a wav, or anything else that libsndfile reads.
    Returns:
        wave_S: float32 mono at `SAMPLE_RATE_HZ`.
    Raises:
        DataError: the file is missing, unreadable, without samples, or holds values that are no numbers.
    Source:
        The released `librosa.load(path, sr=16000, mono=True)`: mean of the channels, then soxr at high quality.
    """
    if not path.is_file():
        raise DataError(f"sound {path} does not exist. Fetch or make the benchmark again, or leave out its rows.")
    try:
        wave_SC, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    except soundfile.SoundFileError as error:
        raise DataError(f"sound {path} cannot be read: {error}. Replace it with a sound wav file.") from error
    if not len(wave_SC):
        raise DataError(f"sound {path} has no samples. Replace it; a clip's sound lasts as long as its frames.")
    wave_S = wave_SC.mean(axis=1, dtype=np.float32)
    if rate_hz != SAMPLE_RATE_HZ:
        wave_S = soxr.resample(wave_S, rate_hz, SAMPLE_RATE_HZ, quality="HQ").astype(np.float32, copy=False)
    if not np.isfinite(wave_S).all():
        raise DataError(f"sound {path} holds values that are no numbers. Write it again with finite samples.")
    return wave_S
