"""Think, then ground, then segment: all references of one clip together.

What references share is done once: one encoding of the clip for all thoughts, one detector call for equal
descriptions, one image embedding for all boxes. No description means no detector call, no box no mask. What the store
knows from another run is not done at all.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tgs.ground.base import Grounder
from tgs.ground.select import Choice, choose
from tgs.pipeline.adaptive import AdaptiveRule, is_open, rival_counts, settled, simply
from tgs.pipeline.description import TextRule, believed, first_text
from tgs.pipeline.grounded import Grounded, accepted, by_detector, by_truth, nothing
from tgs.pipeline.kinds import DETECTIONS, FEATURES, THOUGHTS
from tgs.pipeline.outline import outlined, tracked
from tgs.pipeline.recall import Recall
from tgs.pipeline.stage import Stage
from tgs.segment.base import Segmenter
from tgs.think.base import Thinker
from tgs.think.features import Features
from tgs.types import THINKING, DecidedBy, Detections, Footage, Masks, Policy, Reference, Thought, Truth

Found = Mapping[str, Sequence[Detections]]
"""What the detector answered to each text, frame by frame."""


@dataclass(frozen=True)
class Outcome:
    """What the agent came to for one reference, before anything is outlined.

    Attributes:
        thought: None for policies that do not think.
        grounded: what the detector was asked for and which boxes were kept.
    """

    reference: Reference
    thought: Thought | None
    grounded: Grounded


@dataclass
class Agent:
    """The three stages behind two calls: where somebody is, and the outlines.

    Attributes:
        policy: which description, or which truth, is handed on.
        thinker, grounder: may be None for policies that do not call them.
        box_threshold: a detection scoring above it may become a box.
        choice, max_boxes: which of these are kept.
        reject: a reference of whose boxes the detector is less sure, see `Grounded.clip_score`, gets none. 0: never.
        doubt: a thought that is in greater doubt counts as a null one. 1: never.
        texts: how a thought becomes the detector's text.
        adaptive: when T_f decides under `Policy.adaptive`.
        recall: of what is known from other runs.
        encoders: digest of the thinker's frozen encoders, asked where there is a store; None keeps no features.
        apart: whether a thought does not depend on those beside it; with `Padding.unmasked` it does.
        tracks: whether a mask depends on boxes of other frames, as in all modes but `Tracking.image`.
        seconds: time spent so far, by stage.
    """

    policy: Policy
    segmenter: Stage[Segmenter]
    thinker: Stage[Thinker] | None = None
    grounder: Stage[Grounder] | None = None
    box_threshold: float = 0.10
    choice: Choice = Choice.best
    max_boxes: int = 5
    reject: float = 0.0
    doubt: float = 1.0
    texts: TextRule = field(default_factory=TextRule)
    adaptive: AdaptiveRule = field(default_factory=AdaptiveRule)
    recall: Recall = field(default_factory=Recall)
    encoders: Callable[[], str] | None = None
    apart: bool = True
    tracks: bool = False
    seconds: dict[str, float] = field(default_factory=lambda: {"think": 0.0, "ground": 0.0, "segment": 0.0})

    @property
    def stages(self) -> list[Stage]:
        """Those that the policy has."""
        return [stage for stage in (self.thinker, self.grounder, self.segmenter) if stage is not None]

    def think(
        self, shown: Sequence[Footage], references: Sequence[Sequence[Reference]]
    ) -> list[Sequence[Thought | None]]:
        """What is thought of every reference of several clips; nothing, by a policy that does not think.

        Args:
            shown: what the thinker sees and hears: the clips themselves, unless a `Control` changed them.
            references: of each clip.
        """
        with self._timed("think"):
            if self.policy not in THINKING:
                return [[None] * len(own) for own in references]
            return [[believed(thought, self.doubt) for thought in own] for own in self._thoughts(shown, references)]

    def aim(
        self,
        footage: Footage,
        references: Sequence[Reference],
        truths: Sequence[Truth],
        thoughts: Sequence[Thought | None],
    ) -> list[Outcome]:
        """Ground every reference of one clip.

        Args:
            footage: frames and sound.
            references: of this clip.
            truths: true masks of each, read by `Policy.box` only.
            thoughts: of each, see `think`.

        Returns:
            One outcome per reference, in order.
        """
        with self._timed("ground"):
            grounded = [accepted(one, self.reject) for one in self._ground(footage, references, thoughts, truths)]
        return [Outcome(*all_of_one) for all_of_one in zip(references, thoughts, grounded, strict=True)]

    def outline(self, footage: Footage, outcomes: Sequence[Outcome]) -> list[Masks]:
        """Masks of some outcomes of one clip, in order."""
        with self._timed("segment"):
            boxes = [outcome.grounded.boxes for outcome in outcomes]
            return (tracked if self.tracks else outlined)(footage, boxes, self.segmenter, self.recall)

    def _thoughts(self, shown: Sequence[Footage], references: Sequence[Sequence[Reference]]) -> list[list[Thought]]:
        """Kept by reference, unless a thought depends on those beside it: then a clip's are kept as one."""
        thinker = self.thinker
        assert thinker is not None, f"policy {self.policy} needs a thinker"
        texts = [[reference.text for reference in own] for own in references]
        parts = [[[text] for text in own] if self.apart else [own] for own in texts]
        asked = [(clip, part) for clip, own in enumerate(parts) for part in own]

        def made(missing: list[tuple[int, list[str]]]) -> list[list[Thought]]:
            clips = sorted({clip for clip, _ in missing})
            wanted = [[text for clip, part in missing if clip == one for text in part] for one in clips]
            together = [slice(None)] if self.apart else [slice(place, place + 1) for place in range(len(clips))]
            encoded = self._encoded(thinker, [shown[clip] for clip in clips])
            thoughts = [own for part in together for own in thinker.model.think_features(encoded[part], wanted[part])]
            left = {clip: iter(own) for clip, own in zip(clips, thoughts, strict=True)}
            return [[next(left[clip]) for _ in part] for clip, part in missing]

        found = self.recall.each(THOUGHTS, asked, lambda one: [thinker.identity, shown[one[0]].content, one[1]], made)
        rest = iter(found)
        return [[thought for _ in own for thought in next(rest)] for own in parts]

    def _encoded(self, thinker: Stage[Thinker], shown: Sequence[Footage]) -> list[Features]:
        def made(missing: list[Footage]) -> list[Features]:
            return [thinker.model.encode([footage.clip]) for footage in missing]

        encoders = self.encoders
        if encoders is None:
            return made([*shown])
        return self.recall.each(FEATURES, shown, lambda footage: [encoders(), footage.content], made)

    def _ground(
        self,
        footage: Footage,
        references: Sequence[Reference],
        thoughts: Sequence[Thought | None],
        truths: Sequence[Truth],
    ) -> list[Grounded]:
        if self.policy is Policy.box:
            return [by_truth(truth.masks_NHW) for truth in truths]
        pairs = list(zip(references, thoughts, strict=True))
        firsts = [first_text(self.policy, *pair, self.texts) for pair in pairs]
        found = self._detect(footage, (text for text, _ in firsts))
        if self.policy is Policy.adaptive:
            return self._adapt(footage, thoughts, firsts, found)
        return [self._alone(text, by, found, footage.n_frames) for text, by in firsts]

    def _detect(self, footage: Footage, texts: Iterable[str | None]) -> Found:
        """Each text once; nothing is asked if there is none."""
        asked = sorted({text for text in texts if text is not None})
        if not asked:
            return {}
        grounder = self.grounder
        assert grounder is not None, f"policy {self.policy} needs a grounder"
        found = self.recall.each(
            DETECTIONS, asked, lambda text: [grounder.identity, footage.content, text],
            lambda missing: grounder.model.detect(footage.clip.frames_NHWC, missing),
        )  # fmt: skip
        return dict(zip(asked, found, strict=True))

    def _adapt(
        self,
        footage: Footage,
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
        found = {**found, **self._detect(footage, (fine for fine in fines if fine not in found))}
        return [
            self._settled(text, fine, found, rivals[text])
            if text is not None and by is DecidedBy.simple
            else self._alone(text, by, found, footage.n_frames)
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
