"""`Policy.adaptive`: T_s decides, unless it leaves open which of several boxes is meant; then T_f does.

T_s is the better text on average, T_f where two of a kind are in view (the article's open question). What the
detector answers to T_s shows which it is: rivals are boxes of T_s that score nearly as well as the best one, somewhere
else in the frame. The rule is of the whole clip, for the object is one and the same in all of its frames.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tgs.ground.select import SAME_PLACE, comparable, overlaps
from tgs.types import DecidedBy, Detections, Settle

Choose = Callable[[Detections], NDArray[np.float32]]
"""Which boxes (K, 4) of a frame go on: `tgs.ground.select.choose` with its settings."""


@dataclass(frozen=True)
class AdaptiveRule:
    """When T_f decides, and how. Mirrored by `tgs.config.eval.PromptConfig`, which checks the ranges.

    Attributes:
        rival_share: a rival scores more than this fraction of the best box's score.
        rival_frames: T_f decides if at least this fraction of the frames, and at least one, has a rival.
        settle: how it decides.
    """

    rival_share: float = 0.6
    rival_frames: float = 0.5
    settle: Settle = Settle.fine


@dataclass(frozen=True)
class Decision:
    """Which text decided, and what came of it.

    Attributes:
        by: the text, or agreement.
        boxes: for each frame the chosen boxes, float32 (K, 4) xyxy pixels.
        scores: for each frame the best score of the text that its boxes come from, 0 where it has no detection.
    """

    by: DecidedBy
    boxes: tuple[NDArray[np.float32], ...]
    scores: tuple[float, ...]


def rival_counts(simple: Sequence[Detections], rule: AdaptiveRule, *, box_threshold: float) -> tuple[int, ...]:
    """How many rivals the best box of T_s has on each frame."""
    found = [comparable(one, box_threshold=box_threshold, share=rule.rival_share) for one in simple]
    return tuple(max(0, len(indices) - 1) for indices in found)


def is_open(rivals: Sequence[int], rule: AdaptiveRule) -> bool:
    """Whether T_s leaves open who is meant, so that T_f is to be asked."""
    contested = sum(count > 0 for count in rivals)
    return 0 < contested >= rule.rival_frames * len(rivals)


def simply(found: Sequence[Detections], choose: Choose, by: DecidedBy) -> Decision:
    """One text alone decides: as every policy but the adaptive one does."""
    return Decision(by, tuple(map(choose, found)), tuple(map(best_score, found)))


def settled(
    simple: Sequence[Detections],
    fine: Sequence[Detections],
    rule: AdaptiveRule,
    choose: Choose,
    *,
    box_threshold: float,
) -> Decision:
    """T_f decides between the boxes of T_s, frame by frame.

    Where T_f has nothing to say on a frame, T_s keeps its best box: no box at all would be a certain 0 wherever the
    object is in view. If that is so on every frame, T_s decided.

    Args:
        simple, fine: the detections of both texts, frame by frame.
        rule: its `settle` and `rival_share` are read.
        choose: picks the boxes of one frame; agreement always keeps one.
        box_threshold: what scores no more is no box.
    """
    both = list(zip(simple, fine, strict=True))
    plain = simply(simple, choose, DecidedBy.simple)
    if rule.settle is Settle.agreement:
        preferred = [_preferred(one, other, rule.rival_share, box_threshold) for one, other in both]
        if all(boxes_14 is None for boxes_14 in preferred):
            return plain
        boxes = tuple(own if new is None else new for own, new in zip(plain.boxes, preferred, strict=True))
        return Decision(DecidedBy.agreement, boxes, plain.scores)
    own = simply(fine, choose, DecidedBy.fine)
    if not any(map(len, own.boxes)):
        return plain
    speaks = [len(boxes_K4) > 0 for boxes_K4 in own.boxes]
    return Decision(
        DecidedBy.fine,
        tuple(f if said else s for said, f, s in zip(speaks, own.boxes, plain.boxes, strict=True)),
        tuple(f if said else s for said, f, s in zip(speaks, own.scores, plain.scores, strict=True)),
    )


def _preferred(simple: Detections, fine: Detections, share: float, box_threshold: float) -> NDArray[np.float32] | None:
    """The T_s box (1, 4) at whose place T_f scores best; None where T_f scores none of them above the threshold."""
    candidates = comparable(simple, box_threshold=box_threshold, share=share)
    passing = fine.scores_K > box_threshold
    said = [
        fine.scores_K[passing & (overlaps(simple.boxes_K4[index], fine.boxes_K4) >= SAME_PLACE)].max(initial=0.0)
        for index in candidates
    ]
    if not any(said):
        return None
    return simple.boxes_K4[[candidates[int(np.argmax(said))]]]


def best_score(detections: Detections) -> float:
    """A frame's best score, 0 where nothing was found."""
    return float(detections.scores_K.max(initial=0.0))
