"""Fb: how well the outlines agree, the contour measure of video segmentation."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

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
    rows, columns = (np.flatnonzero((pred_HW | truth_HW).any(axis=axis)) for axis in (1, 0))
    window = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]  # every outline lies in it
    pred, truth = pred_HW[window], truth_HW[window]
    precision = np.count_nonzero(_distance(truth)[pred] <= reach_px) / claimed
    recall = np.count_nonzero(_distance(pred)[truth] <= reach_px) / there
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _distance(outline_HW: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Of every pixel to the nearest one of the outline."""
    distance_HW = distance_transform_edt(~outline_HW)
    assert isinstance(distance_HW, np.ndarray)
    return distance_HW
