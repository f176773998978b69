"""Finished evaluations, written small and by hand."""

import json

import numpy as np
import pytest

from tgs.metrics.fmeasure import N_CUTOFFS, FCurve
from tgs.metrics.protocols import PROTOCOLS
from tgs.metrics.score import Score
from tgs.report.records import EvalFolder
from tgs.types import Reference, Split

ORIGIN = {
    "tgs": "0.1.0", "benchmark": "stickers", "benchmark_version": "0.2", "benchmark_digest": "aa", "scale": "tiny",
    "policy": "simple", "prompt": {"policy": "simple"}, "thresholds": {"box": 0.1, "text": 0.25, "choice": "best"},
    "protocol": "tgs", "checkpoint": "c0", "training": "t0", "zoo": "zz", "settings": "0123456789",
}  # fmt: skip

LEFT_HALF = [0, 0, 10, 20]
UNTHOUGHT = {
    "fid": 0, "category": "dog", "text": "It.", "thought": None, "description": "It.", "boxes": [[LEFT_HALF]] * 10,
    "truth": {"boxes": [LEFT_HALF] * 10, "shares": [0.5] * 10},
}  # fmt: skip


def scores_of(split, values, kind, first):
    """One reference a clip; `values` are its J, which is its F too, or its S."""
    for row, value in enumerate(values, start=first):
        uid = f"{split.value}clip{row - first}_dog_{row}"
        J, S = (None, value) if split is Split.test_n else (value, None)
        curve = None if J is None else FCurve(np.linspace(0, 10 * value, N_CUTOFFS), 10)
        yield Score(uid, row, split, kind, J, J, S, 10, curve, 0, 1000)


@pytest.fixture
def write(tmp_path):
    """write(name, seen=[...], unseen=[...], null=[...], val=[...], **origin) -> the folder of a finished evaluation.

    `named` are the T_s of the first references, all of which are to a dog that fills the left half of every frame.
    """

    def write(name, seen=(), unseen=(), null=(), val=(), kinds=None, named=(), missing=0, rival_share=0.6, **origin):
        scores = []
        parts = (Split.test_s, seen), (Split.test_u, unseen), (Split.test_n, null), (Split.val, val)
        for split, values in parts:
            scores += scores_of(split, values, "named", len(scores))
        if kinds:
            scores = [Score(**{**vars(s), "kind": kind}) for s, kind in zip(scores, kinds, strict=True)]
        folder = EvalFolder(tmp_path / name)
        rows = [{**score.as_record(), **UNTHOUGHT, "folder": score.folder} for score in scores]
        for row, simple in zip(rows, named, strict=False):
            row["thought"] = {"status": "ok", "simple": simple, "is_null": simple == "null"}
        for score, row in zip(scores, rows, strict=True):
            folder.write_clip(score.folder, [row], {score.row: score.curve.total} if score.curve else {})
        expected = [Reference(s.row, s.uid, s.folder, s.split, 0, "dog", "It.") for s in scores]
        expected += [Reference(900 + i, f"x_dog_{i}", "x", scores[0].split, 0, "dog", "It.") for i in range(missing)]
        protocol = PROTOCOLS[origin.get("protocol", "tgs")]
        numbers = protocol.summarise(scores, expected, allow_partial=bool(missing)).as_record()
        known = {**ORIGIN, **origin}
        known["prompt"] = {"policy": known["policy"], "rival_share": rival_share}
        folder.finish(rows, {"numbers": numbers, "bad_thoughts": 2, "origin": known})
        return folder.path

    return write


@pytest.fixture
def sweep(tmp_path):
    """sweep(folder, ...) -> the folder of a sweep whose jobs made these evaluations."""

    def sweep(*folders):
        for number, folder in enumerate(folders):
            job = tmp_path / "sweep" / str(number)
            job.mkdir(parents=True)
            (job / "result.json").write_text(json.dumps({"folder": str(folder)}))
        return tmp_path / "sweep"

    return sweep
