"""Evaluation inside Lightning's Trainer: the agent on every clip, one record a clip, one summary at the end."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from typing import Any

import lightning as L
import numpy as np
from numpy.typing import NDArray
from torch import nn

from tgs.data.benchmark import ClipWork
from tgs.data.predictions.own import OwnMasks
from tgs.metrics.base import Protocol, fits_nobody
from tgs.metrics.resize import mask_nearest
from tgs.metrics.score import Score
from tgs.pipeline.agent import Agent, Outcome
from tgs.pipeline.grounded import true_box
from tgs.report.overlay import Strip, save
from tgs.report.records import EvalFolder
from tgs.types import Masks

log = logging.getLogger("tgs")


class Evaluate(L.LightningModule):
    """Runs the agent on each `ClipWork` and keeps the result before the next one starts.

    Args:
        agent: the three stages.
        protocol: how masks become numbers.
        folder: where records go; clips that are there already are passed over.
        pictured: clips, by their media folders, of which pictures are written.
        masks: where masks are kept, if they are.
    """

    def __init__(
        self, *, agent: Agent, protocol: Protocol, folder: EvalFolder, pictured: Collection[str] = (),
        masks: OwnMasks | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.agent, self.protocol, self.folder, self.masks = agent, protocol, folder, masks
        self.pictured = frozenset(pictured)
        stages = (agent.thinker, agent.grounder, agent.segmenter)
        self.stages = nn.ModuleList([stage for stage in stages if isinstance(stage, nn.Module)])  # so that they move

    def predict_step(self, batch: ClipWork, batch_idx: int) -> int:
        """Answer and score the references of one clip; returns how many there are."""
        name = batch.references[0].folder
        if self.folder.has_clip(name) and (self.masks is None or self.masks.has(batch.references)):
            return len(batch.references)
        outcomes = self.agent.run(batch.clip, batch.references, batch.truths, shown=batch.shown)
        scores = [
            self.protocol.score(outcome.reference, outcome.masks, truth)
            for outcome, truth in zip(outcomes, batch.truths, strict=True)
        ]
        if self.masks is not None:
            for outcome in outcomes:
                self.masks.write(outcome.reference, outcome.masks)
        if name in self.pictured:
            self._picture(batch, outcomes, scores)
        empty = if_rejected(self.protocol, batch)
        rows = [as_row(*all_of_one) for all_of_one in zip(outcomes, scores, empty, batch.truths, strict=True)]
        curves = {score.row: score.curve.total for score in scores if score.curve is not None}
        self.folder.write_clip(name, rows, curves)
        return len(rows)

    def _picture(self, work: ClipWork, outcomes: Sequence[Outcome], scores: Sequence[Score]) -> None:
        for outcome, score, truth in zip(outcomes, scores, work.truths, strict=True):
            masks_NHW = mask_nearest(outcome.masks.binary_NHW, truth.shape[1:])  # the segmenter may have its own size
            strip = Strip(work.clip.frames_NHWC, outcome.grounded.boxes, masks_NHW, truth, lines(outcome, score))
            save(strip, self.folder.path / "overlays" / f"{outcome.reference.row:05d}_{outcome.reference.uid}.jpg")


def if_rejected(protocol: Protocol, work: ClipWork) -> list[Score]:
    """What each reference of a clip would score with empty masks; once for all references to one object."""
    frames, height, width, _ = work.clip.frames_NHWC.shape
    empty = Masks.empty((frames, height, width))
    known: dict[tuple[bool, int], Score] = {}
    scores = []
    for reference, truth_NHW in zip(work.references, work.truths, strict=True):
        key = (fits_nobody(reference), id(truth_NHW))
        if key not in known:
            known[key] = protocol.score(reference, empty, truth_NHW)
        scores.append(known[key])
    return scores


def as_row(outcome: Outcome, score: Score, empty: Score, truth_NHW: NDArray[np.bool_]) -> dict[str, Any]:
    """One reference's record: who, what was thought, what was boxed, what it scored.

    Args:
        empty: what it would have scored with empty masks; rejections are judged by it, see `tgs.report.null_curve`.
        truth_NHW: true masks, of which the boxes and sizes are kept; failures are told apart by them, see
            `tgs.report.attribution`.
    """
    thought, grounded = outcome.thought, outcome.grounded
    return {
        **score.as_record(),
        "folder": outcome.reference.folder,
        "fid": outcome.reference.fid,
        "category": outcome.reference.category,
        "text": outcome.reference.text,
        "thought": None if thought is None else {
            "status": str(thought.status), "fine": thought.fine, "simple": thought.simple,
            "is_null": thought.is_null, "doubt": thought.doubt, "raw": thought.raw,
        },
        "description": grounded.text,
        "decided_by": None if grounded.by is None else str(grounded.by),
        "rival_frames": grounded.rival_frames,
        "boxes": [[[round(float(v), 2) for v in box] for box in boxes] for boxes in grounded.boxes],
        "box_scores": [round(score, 4) for score in grounded.scores],
        "clip_score": grounded.clip_score,
        "if_rejected": {"J": empty.J, "F": empty.F, "S": empty.S},
        "truth": {
            "boxes": [next(iter(true_box(truth_HW).tolist()), None) for truth_HW in truth_NHW],
            "shares": [round(float(truth_HW.mean()), 6) for truth_HW in truth_NHW],
        },
    }  # fmt: skip


def lines(outcome: Outcome, score: Score) -> list[str]:
    """The text under a picture."""
    reference, thought = outcome.reference, outcome.thought
    result = f"S {score.S:.3f}" if score.S is not None else f"J {score.J:.3f}, F {score.F:.3f}"
    told = [f"[{reference.split}{', ' + reference.kind if reference.kind else ''}] {reference.text}"]
    if thought is not None:
        told.append(f"Think: {' '.join(thought.reasoning.split()) or thought.raw}")
    told.append(f"Detector: {outcome.grounded.text or 'not asked'}. True: {reference.category}. {result}")
    return told
