"""Which boxes a reference came to, and when they are not believed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tgs.pipeline.adaptive import Decision
from tgs.types import DecidedBy


@dataclass(frozen=True)
class Grounded:
    """Which boxes a text, or the truth, came to.

    Attributes:
        text: what the detector was asked for; None if it was not asked.
        boxes: for each frame the chosen boxes, float32 (K, 4) xyxy pixels, K may be 0.
        scores: for each frame the detector's best score, 0 where it found nothing above its floor.
        by: whose text it is; None if the detector was not asked.
        clip_score: mean over the frames of the best score, a frame without a chosen box counting 0: how sure the
            detector is that there is somebody at all. None if it was not asked.
        rival_frames: fraction of the frames on which T_s has a rival box; None but for `Policy.adaptive`.
    """

    text: str | None
    boxes: tuple[NDArray[np.float32], ...]
    scores: tuple[float, ...]
    by: DecidedBy | None = None
    clip_score: float | None = None
    rival_frames: float | None = None


def nothing(frames: int) -> Grounded:
    """Nobody was looked for: no box on any frame."""
    return Grounded(None, no_boxes(frames), (0.0,) * frames)


def by_truth(truth_NHW: NDArray[np.bool_]) -> Grounded:
    """The true boxes, in place of a detector's."""
    return Grounded(None, tuple(map(true_box, truth_NHW)), (1.0,) * len(truth_NHW))


def by_detector(text: str, decision: Decision, rivals: Sequence[int] | None = None) -> Grounded:
    """What the detector's answer came to.

    Args:
        text: the one that decided.
        decision: its boxes and scores.
        rivals: for each frame, how many rivals T_s has there; None where nobody counted.
    """
    sure = [s if len(boxes_K4) else 0.0 for s, boxes_K4 in zip(decision.scores, decision.boxes, strict=True)]
    share = None if rivals is None else sum(count > 0 for count in rivals) / len(rivals)
    return Grounded(text, decision.boxes, decision.scores, decision.by, float(np.mean(sure)), share)


def accepted(grounded: Grounded, reject: float) -> Grounded:
    """The same, without boxes if the detector is less sure than `reject`; 0 accepts all."""
    if grounded.clip_score is None or grounded.clip_score >= reject:
        return grounded
    return replace(grounded, boxes=no_boxes(len(grounded.boxes)))


def no_boxes(frames: int) -> tuple[NDArray[np.float32], ...]:
    """For each frame an empty (0, 4)."""
    return (np.zeros((0, 4), np.float32),) * frames


def true_box(truth_HW: NDArray[np.bool_]) -> NDArray[np.float32]:
    """The tight box of a mask: float32 (1, 4) xyxy pixels, right and bottom exclusive; (0, 4) if the mask is empty."""
    ys, xs = np.nonzero(truth_HW)
    if len(ys) == 0:
        return np.zeros((0, 4), np.float32)
    return np.array([[xs.min(), ys.min(), xs.max() + 1, ys.max() + 1]], np.float32)
