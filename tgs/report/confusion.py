"""What is named in place of what: true categories against the simple descriptions of thoughts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tgs.report.grid import Grid
from tgs.report.named import says_null
from tgs.types import NULL_CATEGORY, Split, ThoughtStatus

UNREADABLE = "(unreadable)"
"""Stands for the name in a thought that could not be read; no description has brackets."""

SHOWN = 12
"""Confusions of a split that are listed, from the most frequent on."""


@dataclass(frozen=True)
class Confusion:
    """One wrong name for one category.

    Attributes:
        split: of these references.
        true, named: lower case, as the detector takes them.
        count: references to the one that were named the other.
        of: references of the split to the one.
    """

    split: Split
    true: str
    named: str
    count: int
    of: int


def confusions(records: Iterable[Mapping[str, Any]]) -> list[Confusion]:
    """Every wrong name, split by split, the most frequent first; null and what could not be read are names, too.

    Args:
        records: those without a thought name nothing and do not count.
    """
    thought = [record for record in records if record["thought"] is not None]
    pairs = Counter((Split(record["split"]), record["category"].lower(), named(record)) for record in thought)
    of = Counter((Split(record["split"]), record["category"].lower()) for record in thought)
    wrong = [
        Confusion(split, true, said, count, of[split, true])
        for (split, true, said), count in pairs.items()
        if true != said
    ]
    return sorted(wrong, key=lambda one: (list(Split).index(one.split), -one.count, one.true, one.named))


def named(record: Mapping[str, Any]) -> str:
    """What a thought names."""
    if record["thought"]["status"] != ThoughtStatus.ok:
        return UNREADABLE
    return NULL_CATEGORY if says_null(record) else record["thought"]["simple"].lower()


def confusion_grid(found: Sequence[Confusion]) -> Grid:
    """The most frequent of each split, and how many others there are."""
    lines, notes = [], []
    for split in dict.fromkeys(one.split for one in found):
        here = [one for one in found if one.split is split]
        lines += [[split.value, one.true, one.named, f"{one.count}", f"{one.of}"] for one in here[:SHOWN]]
        if rest := here[SHOWN:]:
            notes.append(f"{split.value}: {len(rest)} rarer ones, {sum(one.count for one in rest)} references.")
    columns = ["split", "true", "named", "references", "of"]
    return Grid(columns, lines, "Named in place of what is meant", notes, words=3)
