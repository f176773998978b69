"""Parts of an evaluation: by kind of reference, by how many of its kind are in the clip, by the object's size."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tgs.errors import DataError
from tgs.metrics.bootstrap import PAIRS, SIZES
from tgs.metrics.score import Score
from tgs.report.attribution import fits_nobody
from tgs.report.results import Evaluation
from tgs.types import Measure

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Slicing:
    """One way to cut references into slices.

    Attributes:
        of: the slice of each reference; None: in none of them.
        names: of the slices, in the order in which they are shown.
    """

    of: Sequence[str | None]
    names: Sequence[str]


@dataclass(frozen=True, eq=False)
class Slice:
    """The references of one slice that one number of the tables counts.

    Attributes:
        measure: J&F or S of a split.
        name: `kind: pair`.
        positions: of its references in the evaluation; at least one.
    """

    measure: Measure
    name: str
    positions: Sequence[int] = field(repr=False)


def slices(evaluation: Evaluation, slicings: Sequence[Slicing]) -> Iterator[Slice]:
    """Split by split in the tables' order, all slices of one slicing after those of another.

    Raises:
        DataError: a reference counts in no number of the tables.
    """
    measures = [measure_of(score) for score in evaluation.scores]
    for measure in [one for one in Measure if one in measures]:
        for slicing in slicings:
            for name in slicing.names:
                pairs = enumerate(zip(measures, slicing.of, strict=True))
                if positions := [index for index, pair in pairs if pair == (measure, name)]:
                    yield Slice(measure, name, positions)


def measure_of(score: Score) -> Measure:
    """The number of the tables that a reference counts in: J&F of its split, or S.

    Raises:
        DataError: tables have no such number.
    """
    found = SIZES.get(score.split) if score.S is not None else PAIRS.get(score.split, (None,))[-1]
    if found is None:
        what = "fits nobody" if score.S is not None else "has an object"
        raise DataError(f"{score.uid} {what} and stands in split {score.split}, which no number counts. Leave it out.")
    return found


def everything(records: Sequence[Record]) -> Slicing:
    """One slice."""
    return Slicing(["all"] * len(records), ["all"])


def kinds(records: Sequence[Record]) -> Slicing:
    """By kind of reference, of those with an object; none where the benchmark has no kinds."""
    return _sorted([_unless_null(record, f"kind: {record['kind']}") if record["kind"] else None for record in records])


def instances(records: Sequence[Record]) -> Slicing:
    """By how many objects of its category the references of its clip speak of: how many compete for a name.

    Others may be in view, of which no reference speaks: records do not know them.
    """
    fids: dict[tuple[str, str], set[int]] = {}
    for record in records:
        fids.setdefault((record["folder"], record["category"]), set()).add(record["fid"])
    count_K = [len(fids[record["folder"], record["category"]]) for record in records]
    return _sorted([_unless_null(record, f"instances: {n}") for record, n in zip(records, count_K, strict=True)])


def sizes(records: Sequence[Record]) -> Slicing:
    """By thirds of the references: the object's share of the pixels, mean over the frames that show it."""
    size_K = [None if fits_nobody(record) else size(record) for record in records]
    known = [share for share in size_K if share is not None]
    if not known:
        return Slicing([None] * len(records), [])
    low, high = np.quantile(known, [1 / 3, 2 / 3])
    names = [f"size: up to {low:.1%}", f"size: {low:.1%} to {high:.1%}", f"size: above {high:.1%}"]
    found = [None if share is None else names[int(np.searchsorted([low, high], share))] for share in size_K]
    return Slicing(found, names)


def size(record: Record) -> float:
    """An object's share of the pixels, mean over the frames that show it; 0 if none does."""
    shown = [share for share in record["truth"]["shares"] if share > 0]
    return float(np.mean(shown)) if shown else 0.0


def _unless_null(record: Record, name: str) -> str | None:
    return None if fits_nobody(record) else name


def _sorted(of: Sequence[str | None]) -> Slicing:
    return Slicing(of, sorted({name for name in of if name is not None}))


SLICINGS: Sequence[Callable[[Sequence[Record]], Slicing]] = (everything, kinds, instances, sizes)
