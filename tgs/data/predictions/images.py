"""Predicted masks as images: `{key}/{i:05d}.png`, binary or soft, in one folder a reference."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tgs.data.media import N_FRAMES, in_words
from tgs.digest import digest_files
from tgs.errors import DataError
from tgs.types import Foreground, Masks


@dataclass(frozen=True)
class PredictedImages:
    """A folder of predictions.

    Attributes:
        root: holds one folder per key, see `keys_of`.
        foreground: how to read gray values.
        n_frames: frames of a clip, each with an image; all zero where nothing is claimed.
    """

    root: Path
    foreground: Foreground = Foreground.soft
    n_frames: int = N_FRAMES

    def keys(self) -> set[str]:
        """The folders; those whose name starts with a dot are half written and do not count."""
        return {entry.name for entry in os.scandir(self.root) if entry.is_dir() and not entry.name.startswith(".")}

    def load(self, key: str) -> Masks:
        """Images 00000.png to (n_frames - 1).png.

        Raises:
            DataError: an image is missing, superfluous, unreadable, no gray one, or of another size than the first; or
                the brightest pixel of all is 1, so that nothing would be inside.
        """
        folder = self.root / key
        found = {path.name: path for path in folder.glob("*.png")}
        wanted = [f"{index:05d}.png" for index in range(self.n_frames)]
        if missing := [name for name in wanted if name not in found]:
            raise DataError(
                f"{folder / missing[0]} does not exist ({len(missing)} of {self.n_frames} are missing). Every frame "
                f"needs an image, all zero where nothing is claimed."
            )
        if extra := sorted(set(found) - set(wanted)):
            raise DataError(f"{folder / extra[0]} is not one of the clip's {self.n_frames} frames. Remove it.")
        levels = [self._levels(found[name]) for name in wanted]
        for name, level_HW in zip(wanted, levels, strict=True):
            if level_HW.shape != levels[0].shape:
                raise DataError(
                    f"{folder / name} is {in_words(level_HW.shape)}, but {wanted[0]} beside it is "
                    f"{in_words(levels[0].shape)}: "
                    f"all masks of a reference need one size."
                )
        soft_NHW = np.stack(levels)
        if self.foreground is Foreground.soft and soft_NHW.max() == 1:
            raise DataError(
                f"{folder}: no pixel is above 1, which is next to nothing in 255ths. For masks of 0 and 1 say "
                f"foreground=nonzero."
            )
        return Masks(soft_NHW)

    def digest(self, keys: Iterable[str]) -> str:
        """Of names and bytes of the images."""
        return digest_files((path for key in keys for path in (self.root / key).glob("*.png")), self.root)

    def write(self, key: str, masks: Masks) -> None:
        """Write a reference's images, whole or not at all."""
        partial = self.root / f".{key}.{os.getpid()}"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        for index, soft_HW in enumerate(masks.soft_NHW):
            Image.fromarray(soft_HW).save(partial / f"{index:05d}.png")
        shutil.rmtree(self.root / key, ignore_errors=True)
        partial.rename(self.root / key)

    def _levels(self, path: Path) -> NDArray[np.uint8]:
        """One image in 255ths."""
        try:
            with Image.open(path) as image:
                if image.mode not in ("L", "1") and not (image.mode == "P" and self.foreground is Foreground.nonzero):
                    hint = "say foreground=nonzero, or save" if image.mode == "P" else "save"
                    raise DataError(f"{path} is no 8-bit gray image (mode {image.mode}): {hint} it as one.")
                value_HW = np.asarray(image)  # of a palette image its indices
        except (OSError, SyntaxError, ValueError) as error:  # Pillow raises each of them for damaged files
            raise DataError(f"{path} cannot be read: {error}. Write it again.") from error
        if image.mode == "1" or self.foreground is Foreground.nonzero:
            return (value_HW != 0).astype(np.uint8) * np.uint8(255)
        return value_HW
