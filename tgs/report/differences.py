"""How far the rows of a table lie from one of them, paired over the same clips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tgs.errors import ConfigError, DataError
from tgs.metrics.bootstrap import LEVEL
from tgs.report.claims import fits
from tgs.report.grid import Grid
from tgs.report.results import Row
from tgs.report.tables import HEADINGS, Names, bracket, names_of, told
from tgs.types import Measure


def differences_grid(rows: Sequence[Row], against: Mapping[str, Any]) -> Grid:
    """One line per row that has not the settings `against`: its numbers minus those of the row that has.

    Where several rows have them, a row is held against the one that is called like it in all other columns. A row for
    which there is none, or none of the same clips, is named in a note.
    """
    names = names_of(rows)
    lines, reasons = [], []
    for row, cells in zip(rows, names.cells, strict=True):
        try:
            if not fits(row, against):
                base = _base(rows, names, cells, against)
                lines.append([*cells, *(_difference(row, base, measure) for measure in HEADINGS)])
        except (ConfigError, DataError) as error:
            reasons.append(f"{' '.join(cells)} is not held against any: {error}")
    words = ", ".join(f"{name}={value}" for name, value in against.items())
    notes = [
        f"Points of J&F and of named, or S. Brackets: {LEVEL:.0%} bootstrap intervals over clips, paired; they are not "
        "widened for the number of rows.",
        *reasons,
    ]
    columns = [*names.columns, *HEADINGS.values()]
    return Grid(columns, lines, f"Difference from {words}", notes, words=len(names.columns)).without_empty()


def _base(rows: Sequence[Row], names: Names, cells: Sequence[str], against: Mapping[str, Any]) -> Row:
    """The row to hold another against.

    Raises:
        ConfigError: there is none, or more than one.
    """
    kept = [index for index, column in enumerate(names.columns) if column not in {*against, "settings"}]
    found = [
        row
        for row, others in zip(rows, names.cells, strict=True)
        if fits(row, against) and all(others[index] == cells[index] for index in kept)
    ]
    if len(found) != 1:
        raise ConfigError(f"{len(found)} rows are like it but for {dict(against)}")
    return found[0]


def _difference(row: Row, base: Row, measure: Measure) -> str:
    """`-4.9 [-6.5, -3.2]`; a dash where one of them has no number."""
    mine, other = row.number(measure), base.number(measure)
    if mine is None or other is None:
        return "-"
    difference = mine - other
    return f"{told(difference.value, measure)} {bracket(difference.interval, measure)}"
