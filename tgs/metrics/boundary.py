"""Fb: how well the outlines agree, the contour measure of video segmentation."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from tgs.metrics.arrays import require_masks

TOLERANCE = 0.008
"""How far outlines may lie apart, as a fraction of the frame's diagonal, rounded up to pixels. Source: DAVIS 2017."""


def boundary_f_per_frame(pred_NHW: NDArray[np.bool_], truth_NHW: NDArray[np.bool_]) -> NDArray[np.float64]:
    """F1 of every frame's outline: an outline's pixel counts if the other outline passes within the tolerance.

    Args:
        pred_NHW: predicted masks, N frames of H x W pixels.
        truth_NHW: true masks of the same shape.
    Returns:
        Fb_N: fractions in [0, 1]; 1 where both masks have no outline, 0 where only one has none. A mask that fills the
        frame has none.
    Raises:
        ValueError: not boolean, not three-dimensional, no frame, or two shapes.
    Source:
        Perazzi et al., A Benchmark Dataset and Evaluation Methodology for Video Object Segmentation (2016); DAVIS
        2017's evaluation, with exact distances where it dilates by a disk: the same pixels.
    """
    require_masks(pred_NHW=pred_NHW, truth_NHW=truth_NHW)
    reach_px = math.ceil(TOLERANCE * math.hypot(*truth_NHW.shape[1:]))
    return np.array([_frame(p, t, reach_px) for p, t in zip(outline(pred_NHW), outline(truth_NHW), strict=True)])


def outline(masks_NHW: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Pixels whose right, lower, or lower right neighbour is on the other side; the frame's own edge is no outline."""
    right, low = masks_NHW.copy(), masks_NHW.copy()
    right[:, :, :-1] = masks_NHW[:, :, 1:]
    low[:, :-1] = masks_NHW[:, 1:]
    corner = right.copy()
    corner[:, :-1] = right[:, 1:]
    return (masks_NHW ^ right) | (masks_NHW ^ low) | (masks_NHW ^ corner)


def _frame(pred_HW: NDArray[np.bool_], truth_HW: NDArray[np.bool_], reach_px: int) -> float:
    claimed, there = np.count_nonzero(pred_HW), np.count_nonzero(truth_HW)
    if not claimed or not there:
        return float(claimed == there)
    pred_K2, truth_K2 = np.argwhere(pred_HW), np.argwhere(truth_HW)
    precision = _near(pred_K2, truth_K2, reach_px) / claimed
    recall = _near(truth_K2, pred_K2, reach_px) / there
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _near(one_K2: NDArray[np.intp], other_K2: NDArray[np.intp], reach_px: int) -> int:
    """How many pixels of one outline have one of the other within reach; outlines are thin, so a tree is quick."""
    distance_K, _ = KDTree(other_K2).query(one_K2, distance_upper_bound=reach_px + 0.5)  # infinite beyond
    return int(np.count_nonzero(distance_K <= reach_px))
