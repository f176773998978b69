"""The page that holds two runs against each other: numbers, tests, slices, settings, and who flipped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tgs.config.table import TableConfig
from tgs.report.comparison import Contest, Difference, Pairing
from tgs.report.flips import flips, flips_grid
from tgs.report.grid import Grid
from tgs.report.page import Page
from tgs.report.tables import HEADINGS, bracket, caveats, cell, coverage, told


class Compared:
    """All that is told of two runs: worked out once, for the page and for the file."""

    def __init__(self, pairing: Pairing, path_a: Path, path_b: Path) -> None:
        self.pairing, self.paths = pairing, (path_a, path_b)
        self.settings = pairing.settings()
        self.differences, self.slices = pairing.differences(), list(pairing.by_slice())
        self.contests, self.flips = pairing.contests(), flips(pairing)

    def page(self) -> Page:
        """All tables that have a line."""
        evaluations = [self.pairing.a, self.pairing.b]
        grids = [
            settings_grid(self.settings, self.paths),
            differences_grid(self.differences),
            contests_grid(self.contests),
            slices_grid(self.slices),
            flips_grid(self.flips),
        ]
        note = " ".join([coverage(self.pairing.a), *caveats(evaluations)])
        table = TableConfig(title="Two runs compared", note=note)
        return Page(table, evaluations, [grid for grid in grids if grid.rows])

    def as_record(self) -> dict[str, Any]:
        """JSON-able: the same in fractions, with every reference that flipped."""
        return {
            "a": str(self.paths[0]),
            "b": str(self.paths[1]),
            "settings": {name: list(values) for name, values in self.settings.items()},
            "numbers": [_number(difference) for difference in self.differences],
            "right": [{**vars(contest), "p": contest.p} for contest in self.contests],
            "slices": [_number(difference) for difference in self.slices],
            "flipped": [flip.as_record() for flip in self.flips],
        }


def _number(difference: Difference) -> dict[str, Any]:
    change = difference.b - difference.a
    low, high = (None if end != end else end for end in change.interval)  # NaN, which JSON has not: a single clip
    values = {"a": difference.a.value, "b": difference.b.value, "difference": change.value, "low": low, "high": high}
    return {"measure": difference.measure, "slice": difference.name, **values, "p": difference.p}


def settings_grid(settings: Mapping[str, tuple[Any, Any]], paths: Sequence[Path]) -> Grid:
    """Which the two are, and in what they differ."""
    lines = [["run", *(path.resolve().name for path in paths)]]
    lines += [[name, *("-" if value is None else f"{value}" for value in values)] for name, values in settings.items()]
    notes = ["settings: digest of all settings together, those without a line of their own, too."]
    return Grid(["", "A", "B"], lines, "In what they differ", notes if "settings" in settings else [], words=3)


def differences_grid(found: Iterable[Difference]) -> Grid:
    """One line per number of the tables."""
    lines = [
        [HEADINGS[one.measure], cell(one.a, one.measure), cell(one.b, one.measure), *_change(one)] for one in found
    ]
    below = (
        "Brackets: 95% bootstrap intervals over clips, of the difference paired. p: sign flips of the clips' "
        "differences, two-sided; not corrected for the number of lines. The two can disagree where few clips differ."
    )
    return Grid(["", "A", "B", "B - A", "p"], lines, "Two runs", [below])


def slices_grid(found: Iterable[Difference]) -> Grid:
    """One line per slice."""
    lines = [
        [HEADINGS[one.measure], one.name, *(told(side.value, one.measure) for side in (one.a, one.b)), *_change(one)]
        for one in found
    ]
    return Grid(["", "slice", "A", "B", "B - A", "p"], lines, "By kind of reference", words=2)


def _change(one: Difference) -> list[str]:
    change = one.b - one.a
    return [f"{told(change.value, one.measure)} {bracket(change.interval, one.measure)}", told_p(one.p)]


def told_p(p: float) -> str:
    """Four digits; a p is never nought."""
    return f"{p:.4f}" if p >= 0.0001 else "<0.0001"


def contests_grid(found: Iterable[Contest]) -> Grid:
    """One line per number of the tables that counts references."""
    lines = [
        [HEADINGS[one.measure], *map(str, (one.both, one.only_a, one.only_b, one.neither)), told_p(one.p)]
        for one in found
    ]
    notes = ["right: J at least 0.5, or S = 0. p: McNemar's exact test, which takes every reference for itself."]
    columns = ["", "right in both", "only in A", "only in B", "in neither", "p"]
    return Grid(columns, lines, "Right references", notes)
