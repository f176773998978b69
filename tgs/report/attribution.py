"""Which stage failed a reference, from its record alone.

A reference is right if J >= 0.5, or, where nobody fits, if S = 0, by the protocol that scored it; most protocols count
frames that do not show the object into J. One that is wrong gets the label of the first stage that failed, in the order
in which they run:

    parse        the thought could not be read
    false_null   it says that nobody fits, or was not believed, and somebody is there
    wrong_name   it names another object
    no_box       fewer than half of the frames that show the object have a box
    wrong_box    the boxes agree with the true ones by less than 0.5, mean over the frames: overlap of what they cover,
                 1 where neither has a box, 0 where only one has
    bad_mask     names and boxes are right, the mask is not
    missed_null  nobody fits, the thought could be read, and something was claimed

A stage can fail a reference that ends up right: a wrong name whose box is the true one, a thought that cannot be read
where nobody fits. Such a reference is `ok`; `Fault.in_spite_of` says what it got over. A run that does not think
(prompt=raw) has no name to be wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from tgs.metrics.boxes import region_iou
from tgs.report.named import names_it, says_null
from tgs.types import ThoughtStatus

Record = Mapping[str, Any]

RIGHT_FROM = 0.5
"""The J, and the agreement of boxes, from which a reference counts as right."""


class Label(StrEnum):
    """What became of a reference; see the head of this file."""

    ok = "ok"
    parse = "parse"
    false_null = "false_null"
    wrong_name = "wrong_name"
    no_box = "no_box"
    wrong_box = "wrong_box"
    bad_mask = "bad_mask"
    missed_null = "missed_null"


@dataclass(frozen=True)
class Fault:
    """What became of one reference.

    Attributes:
        label: the first stage that failed, if the reference is wrong.
        in_spite_of: the first stage that failed, if it is right all the same.
    """

    label: Label
    in_spite_of: Label | None = None

    @classmethod
    def of(cls, record: Record) -> Fault:
        """From a record with `truth`."""
        failed = first_failed(record)
        if is_right(record):
            return cls(Label.ok, in_spite_of=failed)
        last = Label.missed_null if fits_nobody(record) else Label.bad_mask
        return cls(last if failed is None else failed)


def fits_nobody(record: Record) -> bool:
    """Whether a reference is judged by S."""
    return record["S"] is not None


def is_right(record: Record) -> bool:
    """Whether a reference is answered well enough."""
    return record["S"] == 0 if fits_nobody(record) else record["J"] >= RIGHT_FROM


def first_failed(record: Record) -> Label | None:
    """The first stage before the mask that failed, whatever became of it; None if none did."""
    thought = record["thought"]
    if thought is not None and thought["status"] != ThoughtStatus.ok:
        return Label.parse
    if fits_nobody(record):
        return None if thought is None or says_null(record) else Label.missed_null
    if thought is not None and says_null(record):
        return Label.false_null
    if thought is not None and not names_it(record):
        return Label.wrong_name
    return _boxes_failed(record)


def _boxes_failed(record: Record) -> Label | None:
    true = [[] if box is None else [box] for box in record["truth"]["boxes"]]
    boxed = [len(boxes) > 0 for boxes, shown in zip(record["boxes"], true, strict=True) if shown]
    if sum(boxed) < len(boxed) / 2:
        return Label.no_box
    agreement_N = [region_iou(boxes, shown) for boxes, shown in zip(record["boxes"], true, strict=True)]
    return Label.wrong_box if np.mean(agreement_N) < RIGHT_FROM else None
