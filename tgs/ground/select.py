"""Which of a frame's boxes go on to the segmenter. The detector itself never applies a threshold."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from tgs.errors import ConfigError
from tgs.types import Detections


class Choice(StrEnum):
    """What to keep of the boxes that pass the threshold."""

    best = "best"  # the highest score; the article's "top-1"
    first = "first"  # the first in query order, which is not sorted by score: what the released code does
    all = "all"  # every one, at most `max_boxes`, best first


def choose(
    detections: Detections, *, box_threshold: float, choice: Choice = Choice.best, max_boxes: int = 5
) -> NDArray[np.float32]:
    """Boxes (K, 4) of one frame that the segmenter gets; K may be 0.

    Args:
        detections: everything above the detector's floor, in query order.
        box_threshold: a box passes if its score is greater, not equal. Source: released `predict`.
        choice: what to keep of those that pass. On equal scores the earlier query wins.
        max_boxes: most boxes for `Choice.all`.

    Raises:
        ConfigError: max_boxes is below 1.
    """
    if max_boxes < 1:
        raise ConfigError(f"max_boxes must be at least 1; got {max_boxes}")
    passing = np.flatnonzero(detections.scores_K > box_threshold)
    if choice is not Choice.first:
        passing = passing[np.argsort(-detections.scores_K[passing], kind="stable")]
    return detections.boxes_K4[passing[: max_boxes if choice is Choice.all else 1]]


SAME_PLACE = 0.5
"""Boxes of at least this overlap (IoU) are about one thing. Source: the usual cut of a detection that counts."""


def comparable(detections: Detections, *, box_threshold: float, share: float) -> NDArray[np.intp]:
    """Which detections of one frame could as well be meant as the best one: indices, best first.

    Args:
        detections: everything above the detector's floor.
        box_threshold: only boxes scoring above it count, as in `choose`.
        share: the others score more than this fraction of the best one's.

    Returns:
        The best box and its rivals, each at a place of its own: of boxes that overlap by `SAME_PLACE` or more only
        the best is kept. Empty if no box passes.
    """
    order = np.argsort(-detections.scores_K, kind="stable")
    cut = max(box_threshold, share * float(detections.scores_K.max(initial=0.0)))
    kept: list[int] = []
    for index in order:
        passes = detections.scores_K[index] > (cut if kept else box_threshold)  # the best box is nobody's rival
        if passes and (overlaps(detections.boxes_K4[index], detections.boxes_K4[kept]) < SAME_PLACE).all():
            kept.append(int(index))
    return np.array(kept, dtype=np.intp)


def overlaps(box_4: NDArray[np.float32], boxes_K4: NDArray[np.float32]) -> NDArray[np.float64]:
    """IoU_K of one xyxy box with each of several, in [0, 1]; 0 for a box without area."""
    corners = np.minimum(box_4[2:], boxes_K4[:, 2:]) - np.maximum(box_4[:2], boxes_K4[:, :2])
    both_K = corners.clip(min=0).prod(axis=1).astype(np.float64)
    either_K = (box_4[2:] - box_4[:2]).prod() + (boxes_K4[:, 2:] - boxes_K4[:, :2]).prod(axis=1) - both_K
    return np.divide(both_K, either_K, out=np.zeros_like(both_K), where=either_K > 0)
