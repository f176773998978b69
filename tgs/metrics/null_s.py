"""S: how much is claimed where nobody fits. Lower is better."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tgs.metrics.arrays import require_masks


def null_set_s(pred_NHW: NDArray[np.bool_]) -> float:
    """False-positive size on a clip whose referred object is absent, frame by frame.

    S = mean over frames of sqrt(claimed pixels / all pixels)

    Args:
        pred_NHW: predicted masks, N frames of H x W pixels.
    Returns:
        A fraction in [0, 1]; 0 means that no pixel was claimed on any frame.
    Raises:
        ValueError: not boolean, not three-dimensional, or no frame.
    Source:
        `metric_s_for_null_batch` of the released code. The article's wording (area over background, no root)
        differs; Ref-AVSBench's paper, 5.2, has the root, and so has the code.
    """
    require_masks(pred_NHW=pred_NHW)
    return float(np.sqrt(pred_NHW.mean(axis=(1, 2))).mean())


def pooled_s(claimed_px: int, all_px: int) -> float:
    """False-positive size over many frames at once: S = sqrt(claimed pixels / all pixels).

    Args:
        claimed_px: foreground pixels of all frames together.
        all_px: pixels of all frames together, at least one.
    Returns:
        A fraction in [0, 1], never below `null_set_s` of the same frames.
    Raises:
        ValueError: counts that no set of frames can have.
    Source:
        EEMC's `metric_s_for_null`, which sees a whole batch.
    """
    if not 0 <= claimed_px <= all_px or all_px < 1:
        raise ValueError(f"claimed_px must lie in [0, all_px] and all_px be positive; got {claimed_px} of {all_px}")
    return float(np.sqrt(claimed_px / all_px))
