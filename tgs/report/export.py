"""An evaluation's numbers as one json, for other programs: fractions, None where there is no number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tgs.metrics.bootstrap import LEVEL, Interval
from tgs.report.results import Evaluation
from tgs.types import Measure

PARTS: Mapping[str, Mapping[str, Measure]] = {
    "seen": {"J": Measure.seen_j, "F": Measure.seen_f, "JF": Measure.seen, "Fb": Measure.seen_fb},
    "unseen": {"J": Measure.unseen_j, "F": Measure.unseen_f, "JF": Measure.unseen, "Fb": Measure.unseen_fb},
    "mix": {"JF": Measure.mix},
    "null": {"S": Measure.null_s},
    "val": {"J": Measure.val_j, "F": Measure.val_f, "JF": Measure.val, "Fb": Measure.val_fb, "S": Measure.val_s},
}
"""The aggregates and their numbers. A number that no reference was scored for is left out, with its part if all are."""


def as_json(evaluation: Evaluation) -> dict[str, Any]:
    """`references`: uid, row, split, and J and F, or S, of each in csv order; `aggregate`: the table's numbers;
    `intervals`: [low, high] of each of these; then what they are of."""
    numbers = evaluation.numbers()
    found = {
        part: {name: numbers[measure] for name, measure in names.items() if measure in numbers}
        for part, names in PARTS.items()
    }
    found = {part: named for part, named in found.items() if named}
    summary = evaluation.summary["numbers"]
    return {
        "references": [_reference(record) for record in evaluation.records],
        "aggregate": {part: {name: number.value for name, number in named.items()} for part, named in found.items()},
        "intervals": {
            part: {name: _ends(number.interval) for name, number in named.items()} for part, named in found.items()
        },
        "level": LEVEL,
        "protocol": summary["protocol"],
        "scored": summary["scored"],
        "expected": summary["expected"],
        "partial": summary["partial"],
        "origin": dict(evaluation.origin),
    }


def _reference(record: Mapping[str, Any]) -> dict[str, Any]:
    measured = {name: record[name] for name in ("J", "F", "Fb", "S") if record.get(name) is not None}
    return {"uid": record["uid"], "row": record["row"], "split": record["split"], **measured}


def _ends(interval: Interval) -> list[float] | None:
    """None where a single clip tells no interval: json has no NaN."""
    return None if interval.low != interval.low else [interval.low, interval.high]
