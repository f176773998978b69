"""The result of one reference under one protocol, with what pooling several of them needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tgs.metrics.fmeasure import FCurve
from tgs.types import Split


@dataclass(frozen=True)
class Score:
    """One reference's numbers: either J and F, or, where nobody fits, S.

    Attributes:
        uid, row: the reference's key, see `tgs.types.Reference`.
        split, kind: as in the reference, for slicing.
        J: overlap, fraction; None where nobody fits.
        F: F-beta, fraction; None where nobody fits.
        Fb: F of the outline, fraction; None where nobody fits or the protocol does not look at outlines.
        S: size of what was claimed, fraction; None unless nobody fits.
        frames: frames that were scored.
        curve: F against the cut-off, summed over the frames that show the object; None where nobody fits or the
            protocol looks for no cut-off.
        claimed_px: foreground pixels of the prediction in all frames together, at the protocol's size.
        all_px: pixels of all frames together, at the protocol's size.
    """

    uid: str
    row: int
    split: Split
    kind: str
    J: float | None
    F: float | None
    S: float | None
    frames: int
    curve: FCurve | None = field(compare=False)
    claimed_px: int
    all_px: int
    Fb: float | None = None

    @property
    def JF(self) -> float | None:  # noqa: N802 - the tables' own name
        """(J + F) / 2; None where nobody fits."""
        return None if self.J is None or self.F is None else (self.J + self.F) / 2

    @property
    def key(self) -> tuple[str, int]:
        """(uid, row): uids alone are not unique in Ref-AVSBench."""
        return self.uid, self.row

    @property
    def folder(self) -> str:
        """The clip's folder, see `tgs.types.Reference.folder`: what intervals resample."""
        return self.uid.rsplit("_", 2)[0]

    def as_record(self) -> dict[str, str | int | float | None]:
        """JSON-able row for a report: everything but the curve."""
        return {
            "uid": self.uid,
            "row": self.row,
            "split": self.split.value,
            "kind": self.kind,
            "J": self.J,
            "F": self.F,
            **({} if self.Fb is None else {"Fb": self.Fb}),
            "S": self.S,
            "frames": self.frames,
            "shown_frames": self.curve.frames if self.curve else 0,
            "claimed_px": self.claimed_px,
            "all_px": self.all_px,
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any], total: NDArray[np.float64] | None) -> Score:
        """What `as_record` wrote down.

        Args:
            record: may hold more keys than a score has.
            total: the curve's sums, see `FCurve.total`; None where there is no curve.
        """
        return cls(
            uid=record["uid"],
            row=record["row"],
            split=Split(record["split"]),
            kind=record["kind"],
            J=record["J"],
            F=record["F"],
            Fb=record.get("Fb"),
            S=record["S"],
            frames=record["frames"],
            curve=None if total is None else FCurve(total, record["shown_frames"]),
            claimed_px=record["claimed_px"],
            all_px=record["all_px"],
        )
