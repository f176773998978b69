"""Think, then ground, then segment: all references of one clip together.

What references share is done once: one encoding of the clip for all thoughts, one detector call for equal
descriptions, one image embedding for all boxes. No description means no detector call, no box no mask.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tgs.ground.base import Grounder
from tgs.ground.select import Choice, choose
from tgs.pipeline.description import THINKING, describe
from tgs.segment.base import Segmenter
from tgs.think.base import Thinker
from tgs.types import Clip, Detections, Masks, Policy, Reference, Thought


@dataclass(frozen=True)
class Outcome:
    """All that the agent said and drew for one reference.

    Attributes:
        thought: None for policies that do not think.
        description: what the detector was asked for; None if it was not asked.
        boxes: for each frame the chosen boxes, float32 (K, 4) xyxy pixels, K may be 0.
        scores: for each frame the detector's best score, 0 where it found nothing above its floor.
    """

    reference: Reference
    thought: Thought | None
    description: str | None
    boxes: tuple[NDArray[np.float32], ...]
    scores: tuple[float, ...]
    masks: Masks


@dataclass(frozen=True)
class Grounded:
    """Which boxes a text, or the truth, came to; see `Outcome`."""

    text: str | None
    boxes: tuple[NDArray[np.float32], ...]
    scores: tuple[float, ...]


@dataclass
class Agent:
    """The three stages behind one call.

    Attributes:
        policy: which description, or which truth, is handed on.
        thinker, grounder: may be None for policies that do not call them.
        box_threshold: a detection scoring above it may become a box.
        choice, max_boxes: which of these are kept.
        seconds: time spent so far, by stage.
    """

    policy: Policy
    segmenter: Segmenter
    thinker: Thinker | None = None
    grounder: Grounder | None = None
    box_threshold: float = 0.10
    choice: Choice = Choice.best
    max_boxes: int = 5
    seconds: dict[str, float] = field(default_factory=lambda: {"think": 0.0, "ground": 0.0, "segment": 0.0})

    def run(self, clip: Clip, references: Sequence[Reference], truths: Sequence[NDArray[np.bool_]]) -> list[Outcome]:
        """Answer every reference of one clip.

        Args:
            clip: frames and sound.
            references: of this clip.
            truths: bool (N, H, W) per reference, read by `Policy.box` only.

        Returns:
            One outcome per reference, in order.
        """
        with self._timed("think"):
            thoughts = self._think(clip, references)
        with self._timed("ground"):
            grounded = self._ground(clip, references, thoughts, truths)
        with self._timed("segment"):
            masks = self.segmenter.segment(clip.frames_NHWC, [one.boxes for one in grounded])
        return [
            Outcome(reference, thought, found.text, found.boxes, found.scores, mask)
            for reference, thought, found, mask in zip(references, thoughts, grounded, masks, strict=True)
        ]

    def _think(self, clip: Clip, references: Sequence[Reference]) -> list[Thought | None]:
        if self.policy not in THINKING:
            return [None] * len(references)
        assert self.thinker is not None, f"policy {self.policy} needs a thinker"
        return list(self.thinker.think(clip, [reference.text for reference in references]))

    def _ground(
        self,
        clip: Clip,
        references: Sequence[Reference],
        thoughts: Sequence[Thought | None],
        truths: Sequence[NDArray[np.bool_]],
    ) -> list[Grounded]:
        frames = clip.frames_NHWC
        if self.policy is Policy.box:
            return [Grounded(None, tuple(map(true_box, truth_NHW)), (1.0,) * len(frames)) for truth_NHW in truths]
        assert self.grounder is not None, f"policy {self.policy} needs a grounder"
        texts = [describe(self.policy, *pair) for pair in zip(references, thoughts, strict=True)]
        asked = sorted({text for text in texts if text is not None})
        found = zip(asked, self.grounder.detect(frames, asked), strict=True) if asked else ()
        answers: dict[str | None, Grounded] = {text: self._chosen(text, by_frame) for text, by_frame in found}
        answers[None] = Grounded(None, (np.zeros((0, 4), np.float32),) * len(frames), (0.0,) * len(frames))
        return [answers[text] for text in texts]

    def _chosen(self, text: str, by_frame: Sequence[Detections]) -> Grounded:
        rule = {"box_threshold": self.box_threshold, "choice": self.choice, "max_boxes": self.max_boxes}
        boxes = tuple(choose(detections, **rule) for detections in by_frame)
        return Grounded(text, boxes, tuple(float(d.scores_K.max(initial=0.0)) for d in by_frame))

    @contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        begun = time.perf_counter()
        yield
        self.seconds[stage] += time.perf_counter() - begun


def true_box(truth_HW: NDArray[np.bool_]) -> NDArray[np.float32]:
    """The tight box of a mask: float32 (1, 4) xyxy pixels, right and bottom exclusive; (0, 4) if the mask is empty."""
    ys, xs = np.nonzero(truth_HW)
    if len(ys) == 0:
        return np.zeros((0, 4), np.float32)
    return np.array([[xs.min(), ys.min(), xs.max() + 1, ys.max() + 1]], np.float32)
