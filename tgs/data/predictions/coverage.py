"""Which references have predicted masks, and whether that is enough for a headline."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from tgs.data.files import BenchmarkFiles
from tgs.data.predictions.base import Predictions, keys_of, refuse_ambiguous
from tgs.data.rows import by_folder, known_splits
from tgs.errors import ConfigError, DataError
from tgs.types import Reference

log = logging.getLogger("tgs")


@dataclass(frozen=True)
class Covered:
    """Predictions held against a benchmark.

    Attributes:
        expected: every reference of the chosen splits.
        scored: those with masks, in csv order.
        keys: of every row of the csv, see `keys_of`.
    """

    expected: Sequence[Reference]
    scored: Sequence[Reference]
    keys: Mapping[int, str]

    @property
    def clips(self) -> list[tuple[Reference, ...]]:
        """Those with masks, clip by clip."""
        return by_folder(self.scored)


def cover(predictions: Predictions, files: BenchmarkFiles, splits: Collection[str], *, allow_partial: bool) -> Covered:
    """Match the entries of the predictions with the rows of the csv.

    Entries of other splits than the chosen ones are passed over; those of no row of the csv are told in the log.

    Raises:
        ConfigError: references have no masks and `allow_partial` is false; splits are unknown.
        DataError: none has, or a bare uid stands for several rows.
    """
    rows = files.references()
    chosen = known_splits(splits)
    expected = [reference for reference in rows if reference.split in chosen]
    keys, there = keys_of(rows), predictions.keys()
    refuse_ambiguous(there, keys, expected)
    scored = [reference for reference in expected if keys[reference.row] in there]
    if not scored:
        example = sorted(there)[0] if there else "nothing at all"
        raise DataError(
            f"none of the {len(expected)} references of {files.csv} ({', '.join(chosen)}) has masks; there is "
            f"{example}, wanted is for example {keys[expected[0].row] if expected else 'a reference of these splits'}."
        )
    if missing := [reference for reference in expected if keys[reference.row] not in there]:
        if not allow_partial:
            raise ConfigError(
                f"{len(missing)} of {len(expected)} references have no masks; the first one is {keys[missing[0].row]} "
                f"(csv row {missing[0].row}, split {missing[0].split}). Add them, or set allow_partial=true to see "
                f"numbers that are marked as partial and are no headline."
            )
        log.warning("%d of %d references have no masks: PARTIAL numbers", len(missing), len(expected))
    if unknown := sorted(there - set(keys.values())):
        log.warning("%d entries are of no row of %s, as %s: not scored", len(unknown), files.csv, unknown[0])
    return Covered(expected, scored, keys)
