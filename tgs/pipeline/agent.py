"""Think, then ground, then segment: all references of one clip together.

What references share is done once: one encoding of the clip for all thoughts, one detector call for equal
descriptions, one image embedding for all boxes. No description means no detector call, no box no mask.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tgs.ground.base import Grounder
from tgs.ground.select import Choice, choose
from tgs.pipeline.adaptive import AdaptiveRule, is_open, rival_counts, settled, simply
from tgs.pipeline.description import TextRule, believed, first_text
from tgs.pipeline.grounded import Grounded, accepted, by_detector, by_truth, nothing
from tgs.segment.base import Segmenter
from tgs.think.base import Thinker
from tgs.types import THINKING, Clip, DecidedBy, Detections, Masks, Policy, Reference, Thought

Found = Mapping[str, Sequence[Detections]]
"""What the detector answered to each text, frame by frame."""


@dataclass(frozen=True)
class Outcome:
    """All that the agent said and drew for one reference.

    Attributes:
        thought: None for policies that do not think.
        grounded: what the detector was asked for and which boxes were kept.
    """

    reference: Reference
    thought: Thought | None
    grounded: Grounded
    masks: Masks


@dataclass
class Agent:
    """The three stages behind one call.

    Attributes:
        policy: which description, or which truth, is handed on.
        thinker, grounder: may be None for policies that do not call them.
        box_threshold: a detection scoring above it may become a box.
        choice, max_boxes: which of these are kept.
        reject: a reference of whose boxes the detector is less sure, see `Grounded.clip_score`, gets none. 0: never.
        doubt: a thought that is in greater doubt counts as a null one. 1: never.
        texts: how a thought becomes the detector's text.
        adaptive: when T_f decides under `Policy.adaptive`.
        seconds: time spent so far, by stage.
    """

    policy: Policy
    segmenter: Segmenter
    thinker: Thinker | None = None
    grounder: Grounder | None = None
    box_threshold: float = 0.10
    choice: Choice = Choice.best
    max_boxes: int = 5
    reject: float = 0.0
    doubt: float = 1.0
    texts: TextRule = field(default_factory=TextRule)
    adaptive: AdaptiveRule = field(default_factory=AdaptiveRule)
    seconds: dict[str, float] = field(default_factory=lambda: {"think": 0.0, "ground": 0.0, "segment": 0.0})

    def run(
        self,
        clip: Clip,
        references: Sequence[Reference],
        truths: Sequence[NDArray[np.bool_]],
        *,
        shown: Clip | None = None,
    ) -> list[Outcome]:
        """Answer every reference of one clip.

        Args:
            clip: frames and sound.
            references: of this clip.
            truths: bool (N, H, W) per reference, read by `Policy.box` only.
            shown: what the thinker sees and hears instead, see `Control`; None: the clip itself.

        Returns:
            One outcome per reference, in order.
        """
        with self._timed("think"):
            thoughts = self._think(clip if shown is None else shown, references)
        with self._timed("ground"):
            grounded = [accepted(one, self.reject) for one in self._ground(clip, references, thoughts, truths)]
        with self._timed("segment"):
            masks = self.segmenter.segment(clip.frames_NHWC, [one.boxes for one in grounded])
        return [Outcome(*all_of_one) for all_of_one in zip(references, thoughts, grounded, masks, strict=True)]

    def _think(self, clip: Clip, references: Sequence[Reference]) -> list[Thought | None]:
        if self.policy not in THINKING:
            return [None] * len(references)
        assert self.thinker is not None, f"policy {self.policy} needs a thinker"
        thoughts = self.thinker.think(clip, [reference.text for reference in references])
        return [believed(thought, self.doubt) for thought in thoughts]

    def _ground(
        self,
        clip: Clip,
        references: Sequence[Reference],
        thoughts: Sequence[Thought | None],
        truths: Sequence[NDArray[np.bool_]],
    ) -> list[Grounded]:
        if self.policy is Policy.box:
            return [by_truth(truth_NHW) for truth_NHW in truths]
        pairs = list(zip(references, thoughts, strict=True))
        firsts = [first_text(self.policy, *pair, self.texts) for pair in pairs]
        frames = clip.frames_NHWC
        found = self._detect(frames, (text for text, _ in firsts))
        if self.policy is Policy.adaptive:
            return self._adapt(frames, thoughts, firsts, found)
        return [self._alone(text, by, found, len(frames)) for text, by in firsts]

    def _detect(self, frames_NHWC: NDArray[np.uint8], texts: Iterable[str | None]) -> Found:
        """Each text once; nothing is asked if there is none."""
        asked = sorted({text for text in texts if text is not None})
        if not asked:
            return {}
        assert self.grounder is not None, f"policy {self.policy} needs a grounder"
        return dict(zip(asked, self.grounder.detect(frames_NHWC, asked), strict=True))

    def _adapt(
        self,
        frames_NHWC: NDArray[np.uint8],
        thoughts: Sequence[Thought | None],
        firsts: Sequence[tuple[str | None, DecidedBy | None]],
        found: Found,
    ) -> list[Grounded]:
        """Ask for T_f too, where T_s leaves open who is meant; see `tgs.pipeline.adaptive`."""
        asked = {text for text, by in firsts if text is not None and by is DecidedBy.simple}
        rivals = {text: rival_counts(found[text], self.adaptive, box_threshold=self.box_threshold) for text in asked}
        unsettled = {text for text in asked if is_open(rivals[text], self.adaptive)}
        fines = [
            self.texts.closed(thought.fine)
            if thought is not None and thought.fine and by is DecidedBy.simple and text in unsettled
            else None
            for thought, (text, by) in zip(thoughts, firsts, strict=True)
        ]
        found = {**found, **self._detect(frames_NHWC, (fine for fine in fines if fine not in found))}
        return [
            self._settled(text, fine, found, rivals[text])
            if text is not None and by is DecidedBy.simple
            else self._alone(text, by, found, len(frames_NHWC))
            for (text, by), fine in zip(firsts, fines, strict=True)
        ]

    def _settled(self, simple: str, fine: str | None, found: Found, rivals: Sequence[int]) -> Grounded:
        if fine is None:
            return by_detector(simple, simply(found[simple], self._choose, DecidedBy.simple), rivals)
        threshold = self.box_threshold
        decision = settled(found[simple], found[fine], self.adaptive, self._choose, box_threshold=threshold)
        return by_detector(fine if decision.by is DecidedBy.fine else simple, decision, rivals)

    def _alone(self, text: str | None, by: DecidedBy | None, found: Found, frames: int) -> Grounded:
        if text is None or by is None:
            return nothing(frames)
        return by_detector(text, simply(found[text], self._choose, by))

    @functools.cached_property
    def _choose(self) -> functools.partial[NDArray[np.float32]]:
        return functools.partial(choose, box_threshold=self.box_threshold, choice=self.choice, max_boxes=self.max_boxes)

    @contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        begun = time.perf_counter()
        yield
        self.seconds[stage] += time.perf_counter() - begun
