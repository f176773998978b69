"""Evaluation inside Lightning's Trainer: the agent on every clip, one record a clip, one summary at the end."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import lightning as L
import numpy as np
from numpy.typing import NDArray
from torch import nn

from tgs.data.benchmark import ClipWork
from tgs.metrics.base import Protocol, fits_nobody
from tgs.metrics.score import Score
from tgs.metrics.summary import Summary
from tgs.pipeline.agent import Agent, Outcome
from tgs.pipeline.grounded import true_box
from tgs.report.named import named
from tgs.report.overlay import Strip, save
from tgs.report.records import EvalFolder
from tgs.types import Masks, Reference, Split, ThoughtStatus

log = logging.getLogger("tgs")


class Evaluate(L.LightningModule):
    """Runs the agent on each `ClipWork` and keeps the result before the next one starts.

    Args:
        agent: the three stages.
        protocol: how masks become numbers.
        folder: where records go; clips that are there already are passed over.
        overlays: clips of each split of which pictures are written.
    """

    def __init__(self, *, agent: Agent, protocol: Protocol, folder: EvalFolder, overlays: int = 0) -> None:
        super().__init__()
        self.agent, self.protocol, self.folder, self.overlays = agent, protocol, folder, overlays
        self.pictured: Counter[Split] = Counter()
        stages = (agent.thinker, agent.grounder, agent.segmenter)
        self.stages = nn.ModuleList([stage for stage in stages if isinstance(stage, nn.Module)])  # so that they move

    def predict_step(self, batch: ClipWork, batch_idx: int) -> int:
        """Answer and score the references of one clip; returns how many there are."""
        name = batch.references[0].folder
        if self.folder.has_clip(name):
            return len(batch.references)
        outcomes = self.agent.run(batch.clip, batch.references, batch.truths, shown=batch.shown)
        scores = [
            self.protocol.score(outcome.reference, outcome.masks, truth)
            for outcome, truth in zip(outcomes, batch.truths, strict=True)
        ]
        self._picture(batch, outcomes, scores)
        empty = if_rejected(self.protocol, batch)
        rows = [as_row(*all_of_one) for all_of_one in zip(outcomes, scores, empty, batch.truths, strict=True)]
        curves = {score.row: score.curve.total for score in scores if score.curve is not None}
        self.folder.write_clip(name, rows, curves)
        return len(rows)

    def _picture(self, work: ClipWork, outcomes: Sequence[Outcome], scores: Sequence[Score]) -> None:
        split = work.references[0].split
        if self.pictured[split] >= self.overlays:
            return
        self.pictured[split] += 1
        for outcome, score, truth in zip(outcomes, scores, work.truths, strict=True):
            boxes, masks = outcome.grounded.boxes, outcome.masks.binary_NHW
            strip = Strip(work.clip.frames_NHWC, boxes, masks, truth, lines(outcome, score))
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


def summarise(
    folder: EvalFolder, protocol: Protocol, expected: Sequence[Reference], asked: Sequence[Reference],
    origin: Mapping[str, Any], seconds: Mapping[str, float],
) -> dict[str, Any]:  # fmt: skip
    """Pool the clips' records into the table's numbers and write both down.

    Args:
        expected: every reference of the chosen splits.
        asked: those that this evaluation was about; fewer with only or limit_clips, and the summary is then partial.
        origin: what the numbers come from.
        seconds: by stage, of this leg.

    Raises:
        DataError: a clip's record is missing or damaged.
    """
    rows, scores = [], []
    for name in dict.fromkeys(reference.folder for reference in asked):
        clip_rows, curves = folder.read_clip(name)
        rows += clip_rows
        scores += [Score.from_record(row, curves.get(row["row"])) for row in clip_rows]
    numbers: Summary = protocol.summarise(scores, expected, allow_partial=len(asked) < len(expected))
    bad = sum(bool(row["thought"]) and row["thought"]["status"] != ThoughtStatus.ok for row in rows)
    summary = {
        "numbers": numbers.as_record(),
        "bad_thoughts": bad,
        "named": named(rows),
        "origin": dict(origin),
        "seconds_of_last_leg": {stage: round(value, 1) for stage, value in seconds.items()},
    }
    folder.finish(rows, summary)
    return summary


def eval_folder(runs: Path, benchmark: str, policy: str, digest: str) -> EvalFolder:
    """Named for people, keyed by the digest of everything that the numbers depend on."""
    return EvalFolder(runs / "eval" / f"{benchmark}-{policy}-{digest}")
