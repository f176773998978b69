"""How often the right object is named: the thought's own mistakes, apart from the detector's and the segmenter's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from tgs.types import NULL_CATEGORY, SOUND_DEPENDENT

Row = Mapping[str, Any]
Share = dict[str, float | int | None]
"""`share` (a fraction; None of nothing) = `right` / `of`."""


def named(rows: Iterable[Row]) -> dict[str, Any] | None:
    """Share of the thoughts that name the true category, from an evaluation's records.

    A thought names T_s, or null where it says that nobody fits or was not believed; one that cannot be read names
    nothing, and is wrong. Upper and lower case are the same, as they are to the detector.

    Args:
        rows: one per reference, with `split`, `kind`, `category` and `thought`.

    Returns:
        None without thoughts. Else a share of all; `splits` and `kinds` (where the benchmark has kinds); of those
        kinds that cannot be told without ears, `sound_dependent`; and `false_null`, whose `right` counts null said of
        somebody who is there.
    """
    thought = [row for row in rows if row["thought"] is not None]
    if not thought:
        return None
    return {
        **share(thought, names_it),
        "splits": {split: share(part, names_it) for split, part in by(thought, "split").items()},
        "kinds": {kind: share(part, names_it) for kind, part in by(thought, "kind").items() if kind},
        "sound_dependent": share([row for row in thought if row["kind"] in SOUND_DEPENDENT], names_it),
        "false_null": share([row for row in thought if row["category"] != NULL_CATEGORY], says_null),
    }


def names_it(row: Row) -> bool:
    """Whether the thought names the true category."""
    said = NULL_CATEGORY if says_null(row) else row["thought"]["simple"]
    return said is not None and said.lower() == row["category"].lower()


def says_null(row: Row) -> bool:
    """Whether the thought counts as saying that nobody fits."""
    return row["thought"]["is_null"]


def by(rows: Sequence[Row], key: str) -> dict[str, list[Row]]:
    """Rows by their value of a key, in alphabetical order."""
    return {value: [row for row in rows if row[key] == value] for value in sorted({row[key] for row in rows})}


def share(rows: Sequence[Row], is_right: Callable[[Row], bool]) -> Share:
    """How many of some rows are right."""
    right = sum(map(is_right, rows))
    return {"share": right / len(rows) if rows else None, "right": right, "of": len(rows)}
