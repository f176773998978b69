"""The article's table of our own evaluations: Seen, Unseen, Mix, Null S, each with its interval. Percent, except S."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from tgs.config.eval import ADAPTIVE_ONLY, NO_QUIRK
from tgs.metrics.bootstrap import LEVEL, RESAMPLES, Interval, Resampled
from tgs.report.grid import Grid
from tgs.report.results import Evaluation, Row
from tgs.types import THINKING, Measure, Policy

WHO = {
    "fine": "T_f (fine)",
    "simple": "T_s (simple)",
    "adaptive": "adaptive (T_s or T_f)",
    "raw": "R (raw reference)",
    "category": "true category",
    "box": "true box",
    "given": "given masks",
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

THOUGHTS = " named: thoughts that name the true category, or null, in percent. bad: thoughts that could not be parsed."

NAMED_OTHERWISE = {
    "benchmark", "benchmark_digest", "benchmark_version", "policy", "prompt.policy", "checkpoint", "settings",
    "predictions_digest",
}  # fmt: skip
"""What records hold and the table says in its own words."""

BELOW = ("scale", "thresholds.box", "thresholds.choice", "quirk")
"""Settings that are told below the table, unless rows differ in them."""


def main_grid(rows: Sequence[Row]) -> Grid:
    """One line per row; columns in which nothing was scored are left out."""
    names = names_of(rows)
    lines = [[*cells, *_cells(row)] for cells, row in zip(names.cells, rows, strict=True)]
    headings = [*names.columns, *HEADINGS.values(), "bad", "seeds", "scored"]
    return Grid(headings, lines, notes=notes(rows), words=len(names.columns)).without_empty()


@dataclass(frozen=True)
class Names:
    """What rows are called: by benchmark, prompt, and the settings in which they differ.

    Attributes:
        columns: headings.
        cells: for each row, a text per column; no two rows have the same.
    """

    columns: Sequence[str]
    cells: Sequence[Sequence[str]]


def names_of(rows: Sequence[Row]) -> Names:
    """Names of the rows of one table."""
    settings = [relevant(row) for row in rows]
    columns = ["benchmark", "prompt", *varied(settings)]
    cells = [
        [row.setting("benchmark"), who(row), *(f"{plain.get(name, '-')}" for name in columns[2:])]
        for row, plain in zip(rows, settings, strict=True)
    ]
    if len({tuple(cell) for cell in cells}) < len(cells):  # rows differ in something that has no column
        cells = [[*cell, str(row.setting("settings"))[:6]] for cell, row in zip(cells, rows, strict=True)]
        columns.append("settings")
    return Names(columns, cells)


def varied(settings: Sequence[Mapping[str, Any]]) -> list[str]:
    """Settings in which rows differ, but for those that follow from their quirk."""
    known = [name for name in dict.fromkeys(chain(*settings)) if name not in NAMED_OTHERWISE]
    of_quirk: dict[str, list[Mapping[str, Any]]] = {}
    for plain in settings:
        of_quirk.setdefault(plain["quirk"], []).append(plain)

    def values(name: str, some: Sequence[Mapping[str, Any]]) -> int:
        return len({f"{plain[name]}" for plain in some if name in plain})

    return [
        name
        for name in known
        if values(name, settings) > 1 and (name == "quirk" or any(values(name, some) > 1 for some in of_quirk.values()))
    ]


def relevant(row: Row) -> dict[str, Any]:
    """Its settings by the command line's names, without those that its prompt does not read."""
    unread = [] if row.setting("prompt") == Policy.adaptive else [f"prompt.{key}" for key in ADAPTIVE_ONLY]
    return {
        name: value
        for name, value in flat(row.origin).items()
        if name not in unread and (thinks(row) or not name.startswith("prompt."))
    }


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


def thinks(row: Row) -> bool:
    """Whether there are thoughts to tell of."""
    return row.setting("prompt") in THINKING


def _cells(row: Row) -> list[str]:
    counts = [evaluation.summary["numbers"] for evaluation in row.evaluations]
    scored = f"{counts[0]['scored']}" + (f" of {counts[0]['expected']}" if row.partial else "")
    bad = f"{sum(evaluation.summary['bad_thoughts'] for evaluation in row.evaluations)}" if thinks(row) else "-"
    numbers = [cell(row.number(measure), measure) for measure in HEADINGS]
    return [*numbers, bad, f"{len(row.evaluations)}", scored]


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


def notes(rows: Sequence[Row]) -> list[str]:
    """What the numbers are of."""
    labels = sorted({row.evaluations[0].protocol.label for row in rows})
    plain = [flat(row.origin) for row in rows]
    alike = {
        name: plain[0][name] for name in BELOW if len({f"{one.get(name)}" for one in plain}) == 1 and name in plain[0]
    }
    shared = [f"{name} {value}" for name, value in alike.items() if (name, value) != ("quirk", NO_QUIRK)]
    thoughts = (
        "named: thoughts that name the true category, or null, in percent. bad: thoughts that could not be parsed."
    )
    found = [
        f"Protocol {', '.join([*labels, *shared])}. {thoughts if any(map(thinks, rows)) else ''}".rstrip(),
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
