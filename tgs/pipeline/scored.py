"""Scores of one clip's references, each computed once for all that ask for the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tgs.metrics.base import Protocol, fits_nobody
from tgs.metrics.score import Score
from tgs.pipeline.agent import Outcome
from tgs.pipeline.grounded import true_box
from tgs.pipeline.kinds import SCORES, TRUTHS, packed_score, score_of
from tgs.pipeline.recall import Recall
from tgs.types import Footage, Masks, Reference, Truth

SCORING = ("tgs.metrics", "tgs.data")
"""Packages on whose code a score depends, beside those of the stages."""

Outlines = Callable[[list[Outcome]], Sequence[Masks]]
"""Gives the masks of some outcomes, in order."""


@dataclass(frozen=True)
class Scorer:
    """A protocol that remembers.

    Attributes:
        protocol: how masks become numbers.
        code: digest of that code.
        segmenter: identity of what outlines, asked for only where scores are kept.
        recall: of what is known from other runs.
    """

    protocol: Protocol
    code: str
    segmenter: Callable[[], str]
    recall: Recall

    def scores(
        self, footage: Footage, outcomes: Sequence[Outcome], truths: Sequence[Truth], outlines: Outlines
    ) -> list[Score]:
        """A score for every outcome of one clip; only of those that are not known are masks asked for."""

        def made_of(pair: tuple[Outcome, Truth]) -> list[Any]:
            (outcome, truth) = pair
            boxes = [boxes_K4.tolist() for boxes_K4 in outcome.grounded.boxes]
            return [*self._measured(footage, outcome.reference, truth), self.segmenter(), boxes]

        def made(missing: list[tuple[Outcome, Truth]]) -> list[dict[str, Any]]:
            masks = outlines([outcome for outcome, _ in missing])
            return [
                self._score(outcome.reference, one, truth) for (outcome, truth), one in zip(missing, masks, strict=True)
            ]

        found = self.recall.each(SCORES, list(zip(outcomes, truths, strict=True)), made_of, made)
        return [score_of(outcome.reference, packed) for outcome, packed in zip(outcomes, found, strict=True)]

    def if_rejected(self, footage: Footage, references: Sequence[Reference], truths: Sequence[Truth]) -> list[Score]:
        """What each reference of a clip would score with empty masks; once for all references to one object."""
        pairs = list(zip(references, truths, strict=True))
        objects = {(fits_nobody(reference), id(truth)): (reference, truth) for reference, truth in reversed(pairs)}

        def made(missing: list[tuple[Reference, Truth]]) -> list[dict[str, Any]]:
            empty = Masks.empty(footage.clip.frames_NHWC.shape[:3])
            return [self._score(reference, empty, truth) for reference, truth in missing]

        found = self.recall.each(SCORES, [*objects.values()], lambda pair: [*self._measured(footage, *pair), []], made)
        packed = dict(zip(objects, found, strict=True))
        return [score_of(reference, packed[fits_nobody(reference), id(truth)]) for reference, truth in pairs]

    def facts(self, truths: Sequence[Truth]) -> list[dict[str, Any]]:
        """Where each object really is, see `TRUTHS`; once for all references to one object."""
        objects = {id(truth): truth for truth in truths}
        found = self.recall.each(
            TRUTHS, [*objects.values()], lambda truth: [self.code, truth.content],
            lambda missing: [facts_of(truth.masks_NHW) for truth in missing],
        )  # fmt: skip
        return [dict(zip(objects, found, strict=True))[id(truth)] for truth in truths]

    def _measured(self, footage: Footage, reference: Reference, truth: Truth) -> list[Any]:
        return [self.code, self.protocol.label, fits_nobody(reference), truth.content, footage.content]

    def _score(self, reference: Reference, masks: Masks, truth: Truth) -> dict[str, Any]:
        return packed_score(self.protocol.score(reference, masks, truth.masks_NHW))


def facts_of(truth_NHW: NDArray[np.bool_]) -> dict[str, Any]:
    """True boxes and shares of the frames, see `TRUTHS`."""
    return {
        "boxes": [next(iter(true_box(truth_HW).tolist()), None) for truth_HW in truth_NHW],
        "shares": [round(float(truth_HW.mean()), 6) for truth_HW in truth_NHW],
    }
