"""The article's table of our own evaluations: Seen, Unseen, Mix, Null S, each with its interval. Percent, except S."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from tgs.metrics.bootstrap import LEVEL, RESAMPLES, Interval, Resampled
from tgs.report.grid import Grid
from tgs.report.results import Evaluation, Row
from tgs.types import Measure, Policy

WHO = {
    "fine": "T_f (fine)",
    "simple": "T_s (simple)",
    "adaptive": "adaptive (T_s or T_f)",
    "raw": "R (raw reference)",
    "category": "true category",
    "box": "true box",
}

HEADINGS = {
    Measure.seen: "Seen J&F",
    Measure.seen_fb: "Seen Fb",
    Measure.unseen: "Unseen J&F",
    Measure.unseen_fb: "Unseen Fb",
    Measure.mix: "Mix J&F",
    Measure.null_s: "Null S",
    Measure.named: "named",
    Measure.val: "Val J&F",
    Measure.val_fb: "Val Fb",
    Measure.val_s: "Val S",
}
"""Measures that are columns, where any row has them."""

NAMED_OTHERWISE = {
    "benchmark", "benchmark_digest", "benchmark_version", "policy", "prompt.policy", "checkpoint", "settings",
}  # fmt: skip
"""What records hold and the table says in its own words."""

BELOW = ("scale", "thresholds.box", "thresholds.choice")
"""Settings that are told below the table, unless they are a column because rows differ in them."""


def main_grid(rows: Sequence[Row]) -> Grid:
    """One line per row; columns in which nothing was scored are left out."""
    settings = [relevant(row) for row in rows]
    known = [name for name in dict.fromkeys(chain(*settings)) if name not in NAMED_OTHERWISE]
    varied = [name for name in known if len({f"{plain[name]}" for plain in settings if name in plain}) > 1]
    columns = ["benchmark", "prompt", *varied]
    names = [
        [row.setting("benchmark"), who(row), *(f"{plain.get(name, '-')}" for name in varied)]
        for row, plain in zip(rows, settings, strict=True)
    ]
    if len({tuple(name) for name in names}) < len(names):  # rows differ in something that has no column
        names = [[*name, str(row.setting("settings"))[:6]] for name, row in zip(names, rows, strict=True)]
        columns.append("settings")
    lines = [[*name, *_cells(row)] for name, row in zip(names, rows, strict=True)]
    headings = [*columns, *HEADINGS.values(), "bad", "seeds", "scored"]
    return Grid(headings, lines, notes=notes(rows, varied), words=len(columns)).without_empty()


def relevant(row: Row) -> dict[str, Any]:
    """Its settings by the command line's names, without those that only another prompt reads."""
    adapts = row.setting("prompt") == Policy.adaptive
    return {name: value for name, value in flat(row.origin).items() if adapts or not name.startswith("prompt.")}


def flat(values: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    """`{"thresholds": {"box": 0.1}}` as `{"thresholds.box": 0.1}`, without what has no value."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            found |= flat(value, f"{above}{name}.")
        elif value is not None:
            found[above + name] = value
    return found


def who(row: Row) -> str:
    """Whose words the detector was asked with."""
    policy = str(row.setting("prompt"))
    return WHO.get(policy, policy)


def _cells(row: Row) -> list[str]:
    counts = [evaluation.summary["numbers"] for evaluation in row.evaluations]
    scored = f"{counts[0]['scored']}" + (f" of {counts[0]['expected']}" if row.partial else "")
    bad = sum(evaluation.summary["bad_thoughts"] for evaluation in row.evaluations)
    numbers = [cell(row.number(measure), measure) for measure in HEADINGS]
    return [*numbers, f"{bad}", f"{len(row.evaluations)}", scored]


def cell(number: Resampled | None, measure: Measure) -> str:
    """`47.5 [42.2, 52.6]`; a dash where there is no number.

    Names stand without their interval, for want of room: claims give one for their differences.
    """
    if number is None:
        return "-"
    value = told(number.value, measure)
    return value if measure is Measure.named else f"{value} {bracket(number.interval, measure)}"


def bracket(interval: Interval, measure: Measure) -> str:
    """`[42.2, 52.6]`; `[?]` where one clip tells no interval."""
    if math.isnan(interval.low):
        return "[?]"
    return f"[{told(interval.low, measure)}, {told(interval.high, measure)}]"


def told(fraction: float, measure: Measure) -> str:
    """Percent with one digit, S as a fraction with three; never a negative nought."""
    return f"{fraction:z.3f}" if measure.is_s else f"{100 * fraction:z.1f}"


def notes(rows: Sequence[Row], varied: Sequence[str] = ()) -> list[str]:
    """What the numbers are of."""
    labels = sorted({row.evaluations[0].protocol.label for row in rows})
    shared = [f"{name} {rows[0].setting(name)}" for name in BELOW if name not in varied]
    found = [
        f"Protocol {', '.join([*labels, *shared])}. named: thoughts that name the true category, or null, in percent. "
        "bad: thoughts that could not be parsed.",
        f"Brackets: {LEVEL:.0%} bootstrap intervals over clips ({RESAMPLES:,} resamples).",
        *spreads(rows),
    ]
    return [*found, *caveats([evaluation for row in rows for evaluation in row.evaluations])]


def coverage(evaluation: Evaluation) -> str:
    """Of how many references its numbers are, and by which protocol."""
    numbers = evaluation.summary["numbers"]
    return f"{numbers['scored']} of {numbers['expected']} references, protocol {numbers['protocol']}."


def caveats(evaluations: Sequence[Evaluation]) -> list[str]:
    """What nobody must overlook."""
    found = []
    if any(evaluation.summary["numbers"]["partial"] for evaluation in evaluations):
        found.append("PARTIAL rows, with fewer references scored than there are, are no headline.")
    if any("stickers" in evaluation.origin["benchmark"] for evaluation in evaluations):
        found.append("stickers is a synthetic benchmark.")
    return found


def spreads(rows: Sequence[Row]) -> list[str]:
    """How far the seeds of a row lie apart, for rows of several."""
    found = []
    for row in rows:
        ranges = {measure: row.spread(measure) for measure in HEADINGS}
        texts = [f"{HEADINGS[measure]} {_range(ends, measure)}" for measure, ends in ranges.items() if ends]
        if len(row.evaluations) > 1:
            found.append(
                f"{who(row)} on {row.setting('benchmark')} is the mean of {len(row.evaluations)} seeds of phase 2, "
                f"which give {', '.join(texts)}; its brackets are over clips, not over seeds."
            )
    return found


def _range(ends: tuple[float, float], measure: Measure) -> str:
    return f"{told(ends[0], measure)} to {told(ends[1], measure)}"
