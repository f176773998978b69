"""The media of phase 1: sounds of any length; one picture, a folder of frames, or a video file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tgs.data.media import load_image, numbered_frames, stack_frames
from tgs.data.sound import load_wave
from tgs.errors import DataError

IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif"})

VIDEO_FRAMES = 8
"""Frames taken of a captioned video. Source: the released phase-1 settings."""


def load_caption_audio(path: Path) -> NDArray[np.float32]:
    """The sound that a caption describes, of whatever length.

    Returns:
        wave_S: float32 mono at 16 kHz.
    Raises:
        DataError: see `load_wave`.
    """
    return load_wave(path)


def load_caption_frames(path: Path, *, n_frames: int = VIDEO_FRAMES) -> NDArray[np.uint8]:
    """The picture or the frames that a caption describes.

    Args:
        path: an image file (gives one frame), a folder of frames `{i}.jpg`, or a video file.
        n_frames: how many to take of a folder or video, spread evenly; shorter ones give all they have.
    Returns:
        frames_NHWC: uint8 RGB of one size.
    Raises:
        DataError: nothing is there, it cannot be decoded, or a video needs a package that is not installed.
    """
    if path.is_dir():
        found = list(numbered_frames(path).values())
        if not found:
            raise DataError(f"{path} holds no frames 0.jpg, 1.jpg, ... Extract the video's frames into it.")
        return stack_frames([found[index] for index in spread(len(found), n_frames)])
    if not path.is_file():
        raise DataError(f"captioned media {path} does not exist. Fetch it, or remove its entry from the annotations.")
    if path.suffix.lower() in IMAGE_SUFFIXES:
        return load_image(path, "RGB")[None]
    return _decode_video(path, n_frames)


def spread(length: int, count: int) -> list[int]:
    """Indices of at most `count` of `length` frames, evenly spread, the first one always among them.

    Source:
        The released phase-1 dataset: `arange(0, length, length / count)`, cut to whole numbers.
    """
    taken = min(count, length)
    return [int(index * length / taken) for index in range(taken)]


def _decode_video(path: Path, n_frames: int) -> NDArray[np.uint8]:
    """Decode a video twice: once to count its frames, for containers may not know, once to keep the wanted ones."""
    try:
        import av  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise DataError(
            f"{path} is a video file, and reading one needs PyAV. Install it (`pip install av`), or extract its frames "
            f"into a folder as 0.jpg, 1.jpg, ... and name that folder in the annotations."
        ) from error
    try:
        with av.open(str(path)) as container:
            length = sum(1 for _ in container.decode(video=0))
        wanted = set(spread(length, n_frames))
        with av.open(str(path)) as container:
            decoded = enumerate(container.decode(video=0))
            frames = [frame.to_ndarray(format="rgb24") for index, frame in decoded if index in wanted]
    except (av.FFmpegError, IndexError) as error:
        raise DataError(f"video {path} cannot be decoded: {error}. Fetch it again.") from error
    if not frames:
        raise DataError(f"video {path} has no frames. Fetch it again, or remove its entry from the annotations.")
    return np.stack(frames)
