"""What the pipeline needs from a detector, and the caption rule that all detectors share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tgs.types import Detections

FLOOR = 0.05
"""Detections that score no more than this are not kept: below every threshold that anybody uses."""


class Grounder(Protocol):
    """Finds what a text describes."""

    def detect(self, frames_NHWC: NDArray[np.uint8], captions: Sequence[str]) -> list[list[Detections]]:
        """Boxes of several texts on the frames of one clip.

        Args:
            frames_NHWC: uint8 RGB, N frames.
            captions: texts as they come; `as_caption` is applied to each.

        Returns:
            One list per caption with one `Detections` per frame: boxes in pixels of the given frames, not cut at
            their edges, in the detector's query order, everything above its floor.

        Raises:
            ValueError: frames are not uint8 (N, H, W, 3), or a caption is blank.
        """
        ...


def as_caption(text: str) -> str:
    """Lower case, no edge blanks, closed by a '.', which is added only where it is missing.

    The released scripts add a '.' to every description before this rule and none to a raw reference: that is
    the choice of the text, and so the pipeline's.

    Raises:
        ValueError: nothing but blanks.

    Source: `preprocess_caption` of the released Grounding-DINO code.
    """
    caption = text.lower().strip()
    if not caption:
        raise ValueError("a blank caption cannot be grounded")
    return caption if caption.endswith(".") else caption + "."


def check_frames(frames_NHWC: NDArray[np.uint8]) -> None:
    """Raises ValueError unless frames are uint8 (N, H, W, 3) with N >= 1."""
    if frames_NHWC.dtype != np.uint8 or frames_NHWC.ndim != 4 or frames_NHWC.shape[-1] != 3 or not len(frames_NHWC):
        raise ValueError(f"frames_NHWC must be uint8 (N >= 1, H, W, 3); got {frames_NHWC.dtype} {frames_NHWC.shape}")
