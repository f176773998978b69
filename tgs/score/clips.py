"""Scores clip by clip, in several processes: each clip's masks and truth are read once for all protocols."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tgs.data.media import load_masks
from tgs.data.predictions.base import Predictions
from tgs.errors import ConfigError
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


def score_clips(scorer: Scorer, clips: Sequence[Sequence[Reference]], workers: int) -> Iterator[int]:
    """Score clips, in this process or in several; yields how many are done, after each one.

    Raises:
        ConfigError: no worker.
        DataError: see `Scorer.clip`.
    """
    if workers < 1:
        raise ConfigError(f"workers={workers}: at least one is needed.")
    if workers == 1 or len(clips) < 2:
        for done, references in enumerate(clips, start=1):
            scorer.clip(references)
            yield done
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, initializer=_open_scorer, initargs=(scorer,)) as pool:
        try:
            yield from (done for done, _ in enumerate(pool.map(_score_in_process, clips, chunksize=4), start=1))
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


_scorer: Scorer | None = None  # of one of the pool's processes


def _open_scorer(scorer: Scorer) -> None:
    global _scorer
    _scorer = scorer


def _score_in_process(references: Sequence[Reference]) -> None:
    assert _scorer is not None, "the pool's initializer opens it"
    _scorer.clip(references)
