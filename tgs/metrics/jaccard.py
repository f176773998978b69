"""J: overlap of the predicted and the true region."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tgs.metrics.arrays import require_masks


def jaccard_per_frame(pred_NHW: NDArray[np.bool_], truth_NHW: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Overlap of every frame; a frame without the object is scored on its background.

    J = |pred and truth| / |pred or truth|            where the truth has a pixel
    J = |neither pred nor truth| / |all pixels|       where it has none

    Args:
        pred_NHW: predicted masks, N frames of H x W pixels.
        truth_NHW: true masks of the same shape.
    Returns:
        J_N: fractions in [0, 1]; 1 is a perfect frame.
    Raises:
        ValueError: not boolean, not three-dimensional, no frame, or two shapes.
    Source:
        `mask_iou` of the released code and of EEMC's, which agree; the article gives no rule for empty frames.
        Their 1e-7 under the fraction is below float32's resolution of any union of two pixels or more: left out.
    """
    require_masks(pred_NHW=pred_NHW, truth_NHW=truth_NHW)
    both_N = np.count_nonzero(pred_NHW & truth_NHW, axis=(1, 2))
    either_N = np.count_nonzero(pred_NHW | truth_NHW, axis=(1, 2))
    frame_px = pred_NHW.shape[1] * pred_NHW.shape[2]
    absent_N = ~truth_NHW.any(axis=(1, 2))
    overlap_N = np.where(absent_N, frame_px - either_N, both_N)
    return overlap_N / np.where(absent_N, frame_px, either_N)


def jaccard(pred_NHW: NDArray[np.bool_], truth_NHW: NDArray[np.bool_]) -> float:
    """Mean of `jaccard_per_frame` over the frames of one reference.

    Returns:
        A fraction in [0, 1].
    Raises:
        ValueError: see `jaccard_per_frame`.
    Source:
        `mask_iou` of the released code.
    """
    return float(jaccard_per_frame(pred_NHW, truth_NHW).mean())
