"""Scores of one clip: its masks and its truth are read once for all protocols."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tgs.data.media import load_masks
from tgs.data.predictions.base import Predictions
from tgs.metrics.base import fits_nobody
from tgs.metrics.protocols import protocol
from tgs.metrics.score import Score
from tgs.report.records import EvalFolder
from tgs.types import Reference


@dataclass(frozen=True)
class Scorer:
    """All that scoring a clip needs; handed to every process once.

    Attributes:
        truths: the benchmark's mask folder.
        predictions: the masks.
        keys: under which key each csv row's masks are, see `keys_of`.
        folders: by protocol, where records go.
    """

    truths: Path
    predictions: Predictions
    keys: Mapping[int, str]
    folders: Mapping[str, EvalFolder]

    def clip(self, references: Sequence[Reference]) -> None:
        """Score the references of one clip under every protocol that has not done so, and keep the records.

        Raises:
            DataError: predicted or true masks are unusable, or do not belong together.
        """
        name = references[0].folder
        todo = {rule: folder for rule, folder in self.folders.items() if not folder.has_clip(name)}
        if not todo:
            return
        truth_of: dict[int, NDArray[np.bool_]] = {}
        scores: dict[str, list[Score]] = {rule: [] for rule in todo}
        for reference in references:
            masks = self.predictions.load(self.keys[reference.row])
            if not fits_nobody(reference) and reference.fid not in truth_of:
                truth_of[reference.fid] = load_masks(self.truths, name, reference.fid)
            truth_NHW = None if fits_nobody(reference) else truth_of[reference.fid]
            for rule, found in scores.items():
                found.append(protocol(rule).score(reference, masks, truth_NHW))
        for rule, folder in todo.items():
            rows = [as_row(*pair) for pair in zip(references, scores[rule], strict=True)]
            folder.write_clip(name, rows, {s.row: s.curve.total for s in scores[rule] if s.curve is not None})


def as_row(reference: Reference, score: Score) -> dict[str, Any]:
    """One reference's record. Nothing was thought or asked that we know of."""
    told = {"folder": reference.folder, "category": reference.category, "text": reference.text}
    return {**score.as_record(), **told, "thought": None, "description": None}
