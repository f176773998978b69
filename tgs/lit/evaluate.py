"""Evaluation inside Lightning's Trainer: the agent on every clip, one record a clip, one summary at the end."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import lightning as L

from tgs.data.benchmark import ClipWork
from tgs.data.predictions.own import OwnMasks
from tgs.metrics.resize import mask_nearest
from tgs.metrics.score import Score
from tgs.pipeline.agent import Agent, Outcome
from tgs.pipeline.scored import Scorer
from tgs.report.overlay import Strip, save
from tgs.report.records import EvalFolder
from tgs.types import Masks, Thought


class Evaluate(L.LightningModule):
    """Runs the agent on each `ClipWork` and keeps the result before the next one starts.

    Args:
        agent: the three stages.
        scorer: how masks become numbers.
        folder: where records go; clips that are there already are passed over.
        pictured: clips, by their media folders, of which pictures are written.
        masks: where masks are kept, if they are.
    """

    def __init__(
        self, *, agent: Agent, scorer: Scorer, folder: EvalFolder, pictured: Collection[str] = (),
        masks: OwnMasks | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.agent, self.scorer, self.folder, self.masks = agent, scorer, folder, masks
        self.pictured = frozenset(pictured)

    def on_predict_start(self) -> None:
        """Stages are built where the trainer runs, when they are first asked."""
        for stage in self.agent.stages:
            stage.device = self.device

    def predict_step(self, batch: list[ClipWork], batch_idx: int) -> int:
        """Answer and score the references of some clips; returns how many clips were not done before.

        Whatever is left of a batch, its thoughts are asked for together: so a run that was killed goes on with the same
        numbers, to the last digit.
        """
        done = [self._done(work) for work in batch]
        if all(done):
            return 0
        thoughts = self.agent.think([work.shown for work in batch], [work.references for work in batch])
        for work, own, over in zip(batch, thoughts, done, strict=True):
            if not over:
                self._answer(work, own)
        return len(batch) - sum(done)

    def _done(self, work: ClipWork) -> bool:
        return self.folder.has_clip(work.footage.vid) and (self.masks is None or self.masks.has(work.references))

    def _answer(self, work: ClipWork, thoughts: Sequence[Thought | None]) -> None:
        outcomes = self.agent.aim(work.footage, work.references, work.truths, thoughts)
        scores = self._scores(work, outcomes)
        empty = self.scorer.if_rejected(work.footage, work.references, work.truths)
        facts = self.scorer.facts(work.truths)
        rows = [as_row(*all_of_one) for all_of_one in zip(outcomes, scores, empty, facts, strict=True)]
        curves = {score.row: score.curve.total for score in scores if score.curve is not None}
        self.folder.write_clip(work.footage.vid, rows, curves)

    def _scores(self, work: ClipWork, outcomes: Sequence[Outcome]) -> list[Score]:
        """Masks are made for scores that are not known, and for whoever wants to see them."""

        def outlines(wanted: Sequence[Outcome]) -> list[Masks]:
            return self.agent.outline(work.footage, wanted)

        if self.masks is None and work.footage.vid not in self.pictured:
            return self.scorer.scores(work.footage, outcomes, work.truths, outlines)
        masks = dict(zip(map(id, outcomes), outlines(outcomes), strict=True))
        scores = self.scorer.scores(
            work.footage, outcomes, work.truths, lambda wanted: [masks[id(outcome)] for outcome in wanted]
        )
        if self.masks is not None:
            for outcome in outcomes:
                self.masks.write(outcome.reference, masks[id(outcome)])
        if work.footage.vid in self.pictured:
            self._picture(work, outcomes, [masks[id(outcome)] for outcome in outcomes], scores)
        return scores

    def _picture(
        self, work: ClipWork, outcomes: Sequence[Outcome], masks: Sequence[Masks], scores: Sequence[Score]
    ) -> None:
        for outcome, outline, score, truth in zip(outcomes, masks, scores, work.truths, strict=True):
            truth_NHW = truth.masks_NHW
            masks_NHW = mask_nearest(outline.binary_NHW, truth_NHW.shape[1:])  # the segmenter may have its own size
            frames_NHWC = work.footage.clip.frames_NHWC
            strip = Strip(frames_NHWC, outcome.grounded.boxes, masks_NHW, truth_NHW, lines(outcome, score))
            save(strip, self.folder.path / "overlays" / f"{outcome.reference.row:05d}_{outcome.reference.uid}.jpg")


def as_row(outcome: Outcome, score: Score, empty: Score, truth: Mapping[str, Any]) -> dict[str, Any]:
    """One reference's record: who, what was thought, what was boxed, what it scored.

    Args:
        empty: what it would have scored with empty masks; rejections are judged by it, see `tgs.report.null_curve`.
        truth: where the object really is, see `tgs.pipeline.kinds.TRUTHS`; failures are told apart by it, see
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
        "truth": dict(truth),
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
