"""J and F of masks as they are: no best cut-off, no background in place of an object."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tgs.metrics.arrays import require_masks


def union_jaccard_per_frame(pred_NHW: NDArray[np.bool_], truth_NHW: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Overlap of every frame by the union rule: J = |pred and truth| / |pred or truth|, 1 where both are empty.

    Args:
        pred_NHW: predicted masks, N frames of H x W pixels.
        truth_NHW: true masks of the same shape.
    Returns:
        J_N: fractions in [0, 1].
    Raises:
        ValueError: not boolean, not three-dimensional, no frame, or two shapes.
    Source:
        `jaccard_index` of the article's listing; DAVIS's region measure has the same rule.
    """
    require_masks(pred_NHW=pred_NHW, truth_NHW=truth_NHW)
    both_N = np.count_nonzero(pred_NHW & truth_NHW, axis=(1, 2))
    either_N = np.count_nonzero(pred_NHW | truth_NHW, axis=(1, 2))
    return np.divide(both_N, either_N, out=np.ones(len(both_N)), where=either_N > 0)


def f_per_frame(
    pred_NHW: NDArray[np.bool_], truth_NHW: NDArray[np.bool_], *, beta_squared: float, both_empty: float
) -> NDArray[np.float64]:
    """F-beta of every frame's mask: (1 + b) P R / (b P + R), 0 where only one of the two is empty.

    Args:
        pred_NHW, truth_NHW: as in `union_jaccard_per_frame`, which see for errors.
        beta_squared: b; 1 is F1.
        both_empty: what a frame without either is worth.
    Returns:
        F_N: fractions in [0, 1].
    """
    require_masks(pred_NHW=pred_NHW, truth_NHW=truth_NHW)
    hits_N = np.count_nonzero(pred_NHW & truth_NHW, axis=(1, 2))
    claimed_N, there_N = (np.count_nonzero(masks, axis=(1, 2)) for masks in (pred_NHW, truth_NHW))
    below_N = beta_squared * there_N + claimed_N  # P = hits / claimed and R = hits / there, multiplied out
    return np.divide(
        (1 + beta_squared) * hits_N, below_N, out=np.full(len(hits_N), both_empty, float), where=below_N > 0
    )
