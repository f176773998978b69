"""What lies under a benchmark's media and mask folders: frames, sound, masks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tgs.data.sound import load_wave
from tgs.errors import DataError
from tgs.types import Clip

N_FRAMES = 10
"""Frames of a clip, one a second. Source: Ref-AVSBench."""

NULL_PREFIX = "null_"
"""How the folders of clips begin that only null references use."""


def load_clip(media_root: Path, folder: str, *, media_cross: Path | None = None, n_frames: int = N_FRAMES) -> Clip:
    """Load one video: `frames/{0..n_frames-1}.jpg` of any one size, and its `audio.wav`.

    Args:
        media_root: holds one folder per clip.
        folder: `Reference.folder`.
        media_cross: holds the crossed or muted sound of null clips, where the benchmark keeps it apart.
        n_frames: how many frames a clip has, exactly.
    Returns:
        The clip, sound at 16 kHz mono.
    Raises:
        DataError: a frame is missing, superfluous, unreadable or of another size, or the sound is unusable.
    Source:
        The released datasets: null uids take `media_cross/{folder}/audio.wav` and the frames of `media/{folder}`.
    """
    frames_NHWC = load_frames(media_root / folder / "frames", n_frames=n_frames)
    return Clip(folder, frames_NHWC, load_wave(sound_path(media_root, folder, media_cross)))


def sound_path(media_root: Path, folder: str, media_cross: Path | None) -> Path:
    """Where a clip's sound lies: null clips may have theirs under `media_cross`, all others have it beside the frames.

    Ref-AVSBench's archive has no `media_cross`; where a null clip is not in it, the clip's own folder counts.
    """
    if media_cross is not None and folder.startswith(NULL_PREFIX):
        crossed = media_cross / folder / "audio.wav"
        if crossed.is_file():
            return crossed
    return media_root / folder / "audio.wav"


def video_of(folder: str) -> str:
    """The video whose frames a clip shows: null clips are named `null_{c|m}-{vid}`.

    >>> video_of("null_c--x_0_10000")
    '-x_0_10000'
    """
    return folder.partition("-")[2] if folder.startswith(NULL_PREFIX) else folder


def load_frames(frames_folder: Path, *, n_frames: int = N_FRAMES) -> NDArray[np.uint8]:
    """Load frames 0.jpg to (n_frames - 1).jpg.

    Returns:
        frames_NHWC: uint8 RGB of one size.
    Raises:
        DataError: see `load_clip`.
    """
    found = numbered_frames(frames_folder)
    missing = sorted(set(range(n_frames)) - set(found))
    if missing:
        raise DataError(
            f"frame {missing[0]}.jpg is missing in {frames_folder} ({len(missing)} of {n_frames} are). Fetch or make "
            f"the benchmark again; a clip of another length needs n_frames to say so."
        )
    if len(found) > n_frames:
        raise DataError(
            f"{frames_folder} holds {len(found)} frames where {n_frames} belong, up to {max(found)}.jpg. Remove the "
            f"extra ones, or set n_frames={len(found)} if all clips have as many."
        )
    return stack_frames([found[index] for index in range(n_frames)])


def numbered_frames(folder: Path) -> dict[int, Path]:
    """The files `{i}.jpg` of a folder by number, in ascending order; empty if there is no such folder."""
    found = {int(path.stem): path for path in folder.glob("*.jpg") if path.stem.isdecimal()}
    return dict(sorted(found.items()))


def stack_frames(paths: list[Path]) -> NDArray[np.uint8]:
    """Decode images of one size.

    Returns:
        frames_NHWC: uint8 RGB.
    Raises:
        DataError: an image is unreadable, or two sizes occur.
    """
    frames = [load_image(path, "RGB") for path in paths]
    for path, frame in zip(paths, frames, strict=True):
        if frame.shape != frames[0].shape:
            raise DataError(
                f"frame {path} is {in_words(frame.shape)}, but {paths[0].name} beside it is "
                f"{in_words(frames[0].shape)}. All frames of a "
                f"clip need one size: extract this clip again."
            )
    return np.stack(frames)


def load_image(path: Path, mode: str) -> NDArray[np.uint8]:
    """Decode one image.

    Args:
        path: any format that Pillow reads.
        mode: Pillow's `RGB` or `L`.
    Returns:
        uint8 (H, W, 3) or (H, W).
    Raises:
        DataError: the file is missing, no image, or cut off.
    """
    try:
        with Image.open(path) as image:
            return np.asarray(image.convert(mode))
    except FileNotFoundError as error:
        raise DataError(f"image {path} does not exist. Fetch or make the data again.") from error
    except (OSError, SyntaxError, ValueError) as error:  # Pillow raises each of them for damaged files
        raise DataError(f"image {path} cannot be read: {error}. Replace it with a whole image.") from error


def load_masks(
    mask_root: Path, folder: str, fid: int, *, n_frames: int = N_FRAMES, frame_hw: tuple[int, int] | None = None
) -> NDArray[np.bool_]:
    """Load the true masks of one object: `{folder}/fid_{fid}/{i:05d}.png`, foreground where the gray value is > 0.

    Args:
        mask_root: holds one folder per clip.
        folder: `Reference.folder`.
        fid: `Reference.fid`, the csv row's own.
        n_frames: how many frames a clip has.
        frame_hw: height and width of the clip's frames in pixels, which the masks must have; None: any one size.
    Returns:
        masks_NHW: bool; a frame without the object is all False.
    Raises:
        DataError: a mask is missing, unreadable, or of another size than the frame.
    Source:
        Every published reader takes `> 0`; files hold 0 and 255.
    """
    masks = []
    for index in range(n_frames):
        path = mask_root / folder / f"fid_{fid}" / f"{index:05d}.png"
        if not path.is_file():
            raise DataError(
                f"mask {path} does not exist. Every frame needs one, all zero where the object is absent: fetch or "
                f"make the masks again, and check the fid of the csv row."
            )
        mask = load_image(path, "L") > 0
        wanted = frame_hw or (masks[0].shape if masks else mask.shape)
        if mask.shape != wanted:
            raise DataError(
                f"mask {path} is {in_words(mask.shape)}, but its frame is {in_words(wanted)}. Masks must have "
                f"the size of "
                f"the frames they belong to: resize neither, fetch both from one source."
            )
        masks.append(mask)
    return np.stack(masks)


def write_masks(mask_root: Path, folder: str, fid: int, masks_NHW: NDArray[np.bool_]) -> None:
    """Write masks in the layout that `load_masks` reads: 8-bit gray PNG, 0 and 255.

    Args:
        mask_root: made if it does not exist.
        folder: name of the clip.
        fid: number of the object.
        masks_NHW: bool, one mask per frame.
    """
    target = mask_root / folder / f"fid_{fid}"
    target.mkdir(parents=True, exist_ok=True)
    for index, mask_HW in enumerate(masks_NHW):
        Image.fromarray(mask_HW.astype(np.uint8) * 255).save(target / f"{index:05d}.png")


def in_words(size_hw: tuple[int, ...]) -> str:
    """Width x height, as image programs say it."""
    return f"{size_hw[1]}x{size_hw[0]}"
