"""Clips and true masks that are known by the bytes of their files before anything is decoded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tgs.data.files import BenchmarkFiles
from tgs.data.media import load_clip, load_masks, sound_path
from tgs.digest import digest_file, digest_files, digest_value
from tgs.types import Footage, Truth

VERSION = 1
"""Rises when the same files come to be read as other pixels or samples."""


def clip_content(files: BenchmarkFiles, folder: str, n_frames: int) -> str:
    """Digest of a clip's frames and sound, wherever they lie, and of how they are read. A missing file counts, too."""
    sound = sound_path(files.media, folder, files.media_cross)
    heard = digest_file(sound) if sound.is_file() else None
    return digest_value(["clip", VERSION, n_frames, _files_of(files.media / folder / "frames"), heard])


def footage_of(files: BenchmarkFiles, folder: str, n_frames: int) -> Footage:
    """A clip of a benchmark. Arguments and errors as of `load_clip`."""
    return Footage(
        folder, n_frames,
        digest=lambda: clip_content(files, folder, n_frames),
        read=lambda: load_clip(files.media, folder, media_cross=files.media_cross, n_frames=n_frames),
    )  # fmt: skip


def truth_of(files: BenchmarkFiles, footage: Footage, fid: int | None) -> Truth:
    """Masks of an object, of the size of its clip's frames; all False for nobody.

    DEPARTS: the released code reads the masks of null rows from disk and gives a perfect score where they are missing.
    They are empty by definition, so no file is needed.

    Args:
        files: of the benchmark.
        footage: the clip.
        fid: number of the object; None for nobody.
    Raises:
        DataError: see `load_masks`.
    """
    folder = None if fid is None else files.masks / footage.vid / f"fid_{fid}"

    def digest() -> str:
        return digest_value(["truth", VERSION, footage.n_frames, folder and _files_of(folder)])

    def read() -> NDArray[np.bool_]:
        n, height, width, _ = footage.clip.frames_NHWC.shape
        if fid is None:
            return np.zeros((n, height, width), dtype=np.bool_)
        return load_masks(files.masks, footage.vid, fid, n_frames=n, frame_hw=(height, width))

    return Truth(digest, read)


def _files_of(folder: Path) -> str:
    return digest_files((path for path in folder.glob("*") if path.is_file()), folder)
