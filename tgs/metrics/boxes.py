"""Overlap of what boxes cover, however many there are on either side."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def region_iou(one_K4: ArrayLike, other_K4: ArrayLike) -> float:
    """Overlap of the regions that two sets of boxes cover: |both| / |either|, 1 where neither has a box.

    Exact: the edges of all boxes cut the plane into cells, each of which a set covers wholly or not at all.

    Args:
        one_K4: xyxy pixels, K boxes, K may be 0; a mask is made of all boxes together, so that they are judged so.
        other_K4: the same of the other set, which may have another K.
    Returns:
        A fraction in [0, 1]; for one box on either side the usual intersection over union.
    """
    one_K4, other_K4 = (np.asarray(boxes, np.float64).reshape(-1, 4) for boxes in (one_K4, other_K4))
    edges_M4 = np.concatenate([one_K4, other_K4])
    xs, ys = np.unique(edges_M4[:, 0::2]), np.unique(edges_M4[:, 1::2])
    area_HW = np.outer(np.diff(ys), np.diff(xs))
    covered = [_covered(boxes_K4, xs, ys) for boxes_K4 in (one_K4, other_K4)]
    either = area_HW[covered[0] | covered[1]].sum()
    return float(area_HW[covered[0] & covered[1]].sum() / either) if either > 0 else 1.0


def _covered(boxes_K4: NDArray[np.float64], xs: NDArray[np.float64], ys: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which cells between these edges lie in a box: (H, W) of cells, from top and left."""
    x0_K1, y0_K1, x1_K1, y1_K1 = boxes_K4.T[:, :, None]
    in_x_KW = (x0_K1 <= xs[:-1]) & (xs[1:] <= x1_K1)
    in_y_KH = (y0_K1 <= ys[:-1]) & (ys[1:] <= y1_K1)
    return (in_y_KH[:, :, None] & in_x_KW[:, None, :]).any(axis=0)
