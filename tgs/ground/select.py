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
