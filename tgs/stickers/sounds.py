"""The sound bank: for every category a number of ten-second takes, made once and kept on disk.

Every take is busy all the time (`mix.py` cuts out when it sounds) and evenly loud, so that soft, medium and loud
mean the same for all of them.
"""

from __future__ import annotations

import os
import tempfile
import zlib
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tgs.digest import digest_value
from tgs.errors import ConfigError, DataError
from tgs.stickers.categories import CATEGORIES
from tgs.stickers.sample import TAKES
from tgs.stickers.scene import N_FRAMES
from tgs.types import SAMPLE_RATE_HZ

TAKE_RMS = 0.04
"""Loudness of every take, full scale being 1: low enough for three loud ones, panned to one side, hardly to clip."""

_CREST = 4.0  # peaks are rounded off towards this many times the RMS
_QUIETEST = 0.2  # a second is raised at most to five times its loudness: noise between calls stays low
_STEP = 1 / 32767
_CODE = ("sounds", "midi", "synth", "animals", "machines")  # the files that compose the takes


class SoundBank:
    """Takes of every category. Get one with `load`."""

    def __init__(self, takes_CTS: NDArray[np.int16], names: Sequence[str]) -> None:
        self._takes_CTS = takes_CTS
        self._row = {name: row for row, name in enumerate(names)}
        self.takes = takes_CTS.shape[1]
        """How many takes each category has; the first three quarters are for training (`sample.py`)."""

    @classmethod
    def load(
        cls,
        cache_dir: Path | None = None,
        takes: int = TAKES,
        names: Sequence[str] = tuple(CATEGORIES),
        progress: Callable[[int, int], None] | None = None,
    ) -> SoundBank:
        """The bank from its file; made and written first if there is none.

        A take depends on its category and number alone, so a larger bank holds the same takes as a smaller one.

        Args:
            cache_dir: folder of `sounds-{digest}.npy`, about 4 MB per category; None keeps the bank in memory only.
            takes: takes per category, 2 or more.
            names: categories to make.
            progress: called with (made, all) after each take.

        Raises:
            ConfigError: an unknown category, or fewer than 2 takes.
            DataError: the packages of the `stickers` extra are missing, or the file is damaged.
        """
        unknown = [name for name in names if name not in CATEGORIES]
        if unknown or takes < 2:
            raise ConfigError(
                f"SoundBank: unknown categories {unknown} or takes={takes}; use names of CATEGORIES and takes >= 2"
            )
        if cache_dir is None:
            return cls(_make(takes, names, progress), names)
        path = cache_dir / f"sounds-{bank_digest(takes, names)}.npy"
        if not path.exists():
            _write(path, _make(takes, names, progress))
        return cls(_read(path, (len(names), takes, N_FRAMES * SAMPLE_RATE_HZ)), names)

    def take(self, category: str, index: int) -> NDArray[np.float32]:
        """One take.

        Returns:
            float32 mono (S,), 10 s at `SAMPLE_RATE_HZ`, RMS `TAKE_RMS`.

        Raises:
            ConfigError: the bank was made without this category or has fewer takes.
        """
        if category not in self._row or not 0 <= index < self.takes:
            raise ConfigError(
                f"no take {index} of {category!r}: this bank has {self.takes} takes of {', '.join(self._row)}. "
                "Load it with more takes or categories."
            )
        return self._takes_CTS[self._row[category], index].astype(np.float32) * np.float32(_STEP)


def make_take(category: str, index: int) -> NDArray[np.float32]:
    """Compose one take, evenly loud: the same bytes whenever and in whatever order it is asked for.

    Raises:
        DataError: the packages of the `stickers` extra are missing.
    """
    from tgs.stickers.animals import ANIMALS
    from tgs.stickers.machines import MACHINES
    from tgs.stickers.midi import play

    rng = np.random.default_rng([zlib.crc32(category.encode()), index])
    source = ANIMALS.get(category) or MACHINES.get(category)
    return levelled(play(CATEGORIES[category], rng) if source is None else source(rng))


def levelled(wave_S: NDArray[np.floating]) -> NDArray[np.float32]:
    """Even out the loudness from second to second, round off the peaks, and bring the RMS to `TAKE_RMS`.

    Raises:
        DataError: the wave is silent.
    """
    from scipy.ndimage import uniform_filter1d

    wave = np.asarray(wave_S, np.float64) - np.mean(wave_S)
    rms = np.sqrt(np.mean(wave**2))
    if rms == 0:
        raise DataError("a take came out silent: the installed sound font does not hold its program")
    around = np.sqrt(np.maximum(uniform_filter1d(wave**2, SAMPLE_RATE_HZ, mode="reflect"), 0))
    wave = wave / np.maximum(around / rms, _QUIETEST)
    wave /= np.sqrt(np.mean(wave**2))
    wave = _CREST * np.tanh(wave / _CREST)
    return (wave * TAKE_RMS / np.sqrt(np.mean(wave**2))).astype(np.float32)


def bank_digest(takes: int, names: Sequence[str]) -> str:
    """Changes with whatever can change the takes: their number, the categories, the code, the packages."""
    code = {name: (files("tgs.stickers") / f"{name}.py").read_text("utf-8") for name in _CODE}
    sources = [(name, CATEGORIES[name].programs, CATEGORIES[name].keys) for name in names]
    packages = {name: _version(name) for name in ("pretty_midi", "midirenderer", "soxr")}
    return digest_value([takes, sources, code, packages])


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""  # playing will say what to install


def _make(takes: int, names: Sequence[str], progress: Callable[[int, int], None] | None) -> NDArray[np.int16]:
    takes_CTS = np.empty((len(names), takes, N_FRAMES * SAMPLE_RATE_HZ), np.int16)
    for row, name in enumerate(names):
        for index in range(takes):
            takes_CTS[row, index] = np.round(make_take(name, index) / _STEP)
            if progress is not None:
                progress(row * takes + index + 1, len(names) * takes)
    return takes_CTS


def _write(path: Path, takes_CTS: NDArray[np.int16]) -> None:
    """Write beside, then rename: another process never sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, beside = tempfile.mkstemp(dir=path.parent, prefix=path.stem, suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as file:
            np.save(file, takes_CTS)
        Path(beside).replace(path)
    finally:
        Path(beside).unlink(missing_ok=True)


def _read(path: Path, shape: tuple[int, int, int]) -> NDArray[np.int16]:
    try:
        takes_CTS = np.load(path, mmap_mode="r")
    except (ValueError, OSError, EOFError) as error:
        raise DataError(
            f"{path}: the sound bank cannot be read ({error}). Delete the file; it is made again."
        ) from error
    if takes_CTS.shape != shape or takes_CTS.dtype != np.int16:
        raise DataError(
            f"{path}: int16 {shape} expected, {takes_CTS.dtype} {takes_CTS.shape} found. "
            "Delete the file; it is made again."
        )
    return takes_CTS
