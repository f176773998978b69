"""What the pipeline needs from a segmenter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tgs.types import Masks

FrameBoxes = Sequence[NDArray[np.float32]]
"""Boxes of one reference: for each frame a float32 (K, 4) array, xyxy pixels, K may be 0."""


class Segmenter(Protocol):
    """Outlines what lies in the given boxes."""

    def segment(self, frames_NHWC: NDArray[np.uint8], boxes: Sequence[FrameBoxes]) -> list[Masks]:
        """Masks of several references of one clip.

        Args:
            frames_NHWC: uint8 RGB, N frames.
            boxes: one entry per reference, each with N arrays (K, 4) of xyxy pixels of the given frames.

        Returns:
            One `Masks` per reference at the frames' own size. Several boxes on a frame: the union of their masks
            and the maximum of their soft maps. No box: an all-zero map, unless the segmenter tracks into such frames;
            without any box the reference has no mask at all.

        Raises:
            ValueError: frames are not uint8 (N, H, W, 3), or the boxes do not fit them in number or shape.
        """
        ...
