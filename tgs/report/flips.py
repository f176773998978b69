"""References that one run has right and another wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import shorten
from typing import Any

from tgs.report.attribution import fits_nobody, is_right
from tgs.report.comparison import Pairing
from tgs.report.confusion import named
from tgs.report.grid import Grid
from tgs.report.swap import worth

SHOWN = 8
"""References of either direction that are listed, from the largest change on."""

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Flip:
    """One reference that changed sides.

    Attributes:
        a, b: its records.
        change: how much b is better, of J&F or of 1 - S; as a rule negative where b is wrong.
    """

    a: Record
    b: Record
    change: float

    @property
    def won(self) -> bool:
        """Whether it is b that is right."""
        return is_right(self.b)

    def as_record(self) -> dict[str, Any]:
        """JSON-able."""
        told = {key: self.a[key] for key in ("uid", "row", "split", "kind", "category", "text")}
        return {**told, "right": "b" if self.won else "a", "a": _side(self.a), "b": _side(self.b)}


def _side(record: Record) -> dict[str, Any]:
    return {
        "named": said(record),
        "description": record.get("description"),
        **{measure: record[measure] for measure in ("J", "F", "S")},
    }


def said(record: Record) -> str | None:
    """What the thought names; None without a thought."""
    return None if record["thought"] is None else named(record)


def flips(pairing: Pairing) -> list[Flip]:
    """All of them: those that b lost, then those that it won, the largest changes first."""
    a, b = pairing.a, pairing.b
    rows = zip(a.records, b.records, a.scores, b.scores, strict=True)
    found = [Flip(ra, rb, worth(sb) - worth(sa)) for ra, rb, sa, sb in rows if is_right(ra) != is_right(rb)]
    return sorted(found, key=lambda flip: (flip.won, -abs(flip.change), flip.a["row"]))


def flips_grid(found: Sequence[Flip]) -> Grid:
    """The largest changes of either direction, and how many others there are."""
    lines, notes = [], []
    for won in (False, True):
        here = [flip for flip in found if flip.won is won]
        lines += [_line(flip) for flip in here[:SHOWN]]
        if rest := here[SHOWN:]:
            notes.append(f"{len(rest)} more are right in {'B' if won else 'A'} only; --write keeps all of them.")
    columns = ["right in", "uid", "reference", "true", "A looked for", "B looked for", "A", "B"]
    return Grid(columns, lines, "References that flipped", ["A, B: J&F, or S of null references.", *notes], words=6)


def _line(flip: Flip) -> list[str]:
    words = ["B" if flip.won else "A", flip.a["uid"], _short(flip.a["text"]), flip.a["category"]]
    return [*words, *map(_looked_for, (flip.a, flip.b)), *map(_score, (flip.a, flip.b))]


def _short(text: str) -> str:
    """So that a line stays a line."""
    return shorten(text, 50, placeholder=" …")


def _looked_for(record: Record) -> str:
    """The detector's text; without one what the thought names, null or unreadable. Given masks have neither."""
    return _short(record.get("description") or said(record) or "-")


def _score(record: Record) -> str:
    return f"S {record['S']:.3f}" if fits_nobody(record) else f"{50 * (record['J'] + record['F']):.1f}"
