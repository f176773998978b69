"""What it gains and costs to turn references down: Null S against J&F, from the records of one evaluation alone.

    python -m tgs.report.null_curve FOLDER [--by doubt] [--thresholds 0.1 0.2 ...] [--markdown FILE]

A reference that is turned down has empty masks: S becomes 0, and J and F what the evaluation wrote down as
`if_rejected`. Nothing is computed anew, so that a threshold gives the numbers of an evaluation that ran with it.
"""

from __future__ import annotations

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np

from tgs.errors import DataError, TgsError
from tgs.metrics.base import Protocol
from tgs.metrics.bootstrap import PAIRS, SIZES
from tgs.metrics.fmeasure import N_CUTOFFS, FCurve
from tgs.metrics.score import Score
from tgs.report.grid import Grid
from tgs.report.results import read
from tgs.report.tables import HEADINGS, told
from tgs.types import Measure, ThoughtStatus

Record = Mapping[str, Any]


class By(StrEnum):
    """Which of the evaluation's two thresholds moves."""

    reject = "reject"  # thresholds.reject: the detector is less sure that somebody is there
    doubt = "doubt"  # thresholds.doubt: the thinker is less sure of whom it names


NEUTRAL = {By.reject: 0.0, By.doubt: 1.0}
"""The values at which a threshold turns nobody down."""

THRESHOLDS = {
    By.reject: [step / 20 for step in range(20)],
    By.doubt: [1 - step / 20 for step in range(20)],
}
"""What is tried unless the user says."""

COLUMNS = (Measure.null_s, Measure.val_s, Measure.seen, Measure.unseen, Measure.val)


@dataclass(frozen=True)
class Point:
    """What one threshold gives.

    Attributes:
        threshold: the value.
        numbers: the measures of the splits that were scored.
        rejected: fraction of all references that it turns down; those that had no box before do not count.
    """

    threshold: float
    numbers: Mapping[Measure, float]
    rejected: float


def null_curve(
    protocol: Protocol, scores: Sequence[Score], records: Sequence[Record], by: By, thresholds: Sequence[float]
) -> list[Point]:
    """One point per threshold.

    Args:
        protocol: pools.
        scores, records: of the same references, in csv order.
        by: which threshold moves.
        thresholds: its values.
    """
    empty = [if_rejected(score, record) for score, record in zip(scores, records, strict=True)]
    points = []
    for threshold in thresholds:
        down = [is_rejected(record, by, threshold) for record in records]
        now = [none if out else score for score, none, out in zip(scores, empty, down, strict=True)]
        points.append(Point(threshold, pooled(protocol, now), float(np.mean(down))))
    return points


def is_rejected(record: Record, by: By, threshold: float) -> bool:
    """Whether an evaluation with this threshold would have turned a reference down that had none."""
    if by is By.reject:
        return record["clip_score"] is not None and record["clip_score"] < threshold
    thought = record["thought"]
    if thought is None or thought["status"] != ThoughtStatus.ok or thought["is_null"]:
        return False
    return thought["doubt"] is not None and thought["doubt"] > threshold


def if_rejected(score: Score, record: Record) -> Score:
    """The same reference's score with empty masks."""
    curve = score.curve
    if curve is not None:  # an all-zero map passes the cut-off 0 and no other, so that this one sum is its best
        total = np.zeros(N_CUTOFFS)
        total[0] = record["if_rejected"]["F"] * curve.frames
        curve = FCurve(total, curve.frames)
    return replace(score, **record["if_rejected"], curve=curve, claimed_px=0)


def pooled(protocol: Protocol, scores: Sequence[Score]) -> dict[Measure, float]:
    """J&F and S of every split that was scored."""
    found = {}
    for split, (*_, name) in PAIRS.items():
        if pairs := [score for score in scores if score.split is split and score.J is not None]:
            found[name] = protocol.pool_pairs(pairs).JF
    for split, name in SIZES.items():
        if nulls := [score for score in scores if score.split is split and score.S is not None]:
            found[name] = protocol.pool_s(nulls)
    return found


def of_folder(folder: Path, by: By, thresholds: Sequence[float]) -> Grid:
    """The curve of one finished evaluation as a table.

    Raises:
        DataError: it is not finished, its records hold no rejected scores, or it turned references down itself.
    """
    evaluation = read(folder)
    records = evaluation.records
    if any("if_rejected" not in record for record in records):
        raise DataError(f"{folder} does not say what references score if rejected. Evaluate again with overwrite=true.")
    settings = evaluation.origin["thresholds"]
    for knob, neutral in NEUTRAL.items():
        if settings[knob] != neutral:
            raise DataError(
                f"{folder} ran with thresholds.{knob}={settings[knob]}: who was turned down cannot be taken back. "
                f"Evaluate with thresholds.{knob}={neutral:g} and draw the curve from that."
            )
    points = null_curve(evaluation.protocol, evaluation.scores, records, by, thresholds)
    title = f"{evaluation.origin['benchmark']}, prompt {evaluation.origin['policy']}, thresholds.{by}"
    notes = [f"Protocol {evaluation.protocol.label}. rejected: turned down, percent of {len(records)} references."]
    columns = [str(by), *(HEADINGS[measure] for measure in COLUMNS), "rejected"]
    return Grid(columns, [_line(point) for point in points], title, notes, words=0).without_empty()


def _line(point: Point) -> list[str]:
    numbers = [told(point.numbers[name], name) if name in point.numbers else "-" for name in COLUMNS]
    return [f"{point.threshold:.3g}", *numbers, f"{100 * point.rejected:.1f}"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table; write it, too, if asked."""
    parser = ArgumentParser("tgs.report.null_curve", description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="of a finished evaluation: runs/eval/...")
    parser.add_argument("--by", type=By, choices=list(By), default=By.reject, help="which threshold moves")
    parser.add_argument("--thresholds", type=float, nargs="+", help="its values; steps of 0.05 otherwise")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="also write the table there")
    asked = parser.parse_args(arguments)
    try:
        grid = of_folder(asked.folder, asked.by, asked.thresholds or THRESHOLDS[asked.by])
    except TgsError as error:
        parser.exit(1, f"{type(error).__name__}: {error}\n")
    from rich.console import Console

    Console().print(grid.console())
    if asked.markdown is not None:
        asked.markdown.write_text(grid.markdown() + "\n")


if __name__ == "__main__":
    main()
