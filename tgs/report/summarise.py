"""The end of an evaluation: its clips' records pooled into the numbers of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tgs.metrics.base import Protocol
from tgs.metrics.score import Score
from tgs.metrics.summary import Summary
from tgs.report.named import named
from tgs.report.records import EvalFolder
from tgs.types import Reference, ThoughtStatus


def summarise(
    folder: EvalFolder, protocol: Protocol, expected: Sequence[Reference], asked: Sequence[Reference],
    origin: Mapping[str, Any], seconds: Mapping[str, float],
) -> dict[str, Any]:  # fmt: skip
    """Pool the clips' records into the table's numbers and write both down.

    Args:
        expected: every reference of the chosen splits.
        asked: those that this evaluation was about; fewer with only or limit_clips, and the summary is then partial.
        origin: what the numbers come from.
        seconds: by stage, of this leg, all processes together.

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
