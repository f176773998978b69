"""What a segmenter is shown: the frames as they are, or as the released scripts hand them to SAM 2."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from torch import nn

from tgs.segment.base import FrameBoxes, Segmenter
from tgs.types import Masks


class Viewed(nn.Module):
    """A segmenter that is shown another form of the frames. Satisfies `Segmenter`, but for the masks' size.

    Args:
        segmenter: the one that outlines.
        swap_channels: red and blue change places.
        size_px: frames are brought to this square, bilinear, aspect not kept; masks then are of this size, too. None:
            frames stay as large as they are.
    Source:
        Released `ground_segment_with_object_text_after_thinking_for_RefAVSBench.py` (and its three siblings), loop over
        frames, 4e144c9: an RGB image is brought to 224 x 224 by `cv2.resize` and then turned by `COLOR_BGR2RGB`;
        `SAM2ImagePredictor` gets it, with boxes of that size, and gives masks of that size.
    """

    def __init__(self, segmenter: Segmenter, *, swap_channels: bool = False, size_px: int | None = None) -> None:
        super().__init__()
        self.segmenter, self.swap_channels, self.size_px = segmenter, swap_channels, size_px

    def segment(self, frames_NHWC: NDArray[np.uint8], boxes: Sequence[FrameBoxes]) -> list[Masks]:
        """See `Segmenter.segment`; boxes are of the given frames, masks of `size_px`."""
        if self.size_px is not None:
            height, width = frames_NHWC.shape[1:3]
            scale_4 = np.array([self.size_px / width, self.size_px / height] * 2, np.float32)
            frames_NHWC = resized(frames_NHWC, self.size_px)
            boxes = [[boxes_K4 * scale_4 for boxes_K4 in per_frame] for per_frame in boxes]
        if self.swap_channels:
            frames_NHWC = frames_NHWC[..., ::-1]
        return self.segmenter.segment(frames_NHWC, boxes)


def resized(frames_NHWC: NDArray[np.uint8], size_px: int) -> NDArray[np.uint8]:
    """Frames as squares: OpenCV's own bilinear resize, which does not antialias and rounds in its own fixed point."""
    import cv2

    return np.stack([cv2.resize(frame_HWC, (size_px, size_px)) for frame_HWC in frames_NHWC])
