"""What every protocol has: a way to prepare masks, measures, and a way to pool scores."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from tgs.errors import DataError
from tgs.metrics import summary
from tgs.metrics.fmeasure import FCurve, f_curve
from tgs.metrics.jaccard import jaccard
from tgs.metrics.score import Score
from tgs.metrics.summary import Pair, Summary
from tgs.types import Masks, Reference, Split


@dataclass(frozen=True)
class Prepared:
    """Prediction and truth at the protocol's one size, each measure with the mask it wants.

    Attributes:
        region_NHW: bool, the prediction that J judges.
        claimed_NHW: bool, the prediction that S judges.
        soft_NHW: float32 in [0, 1], the prediction that F judges.
        truth_NHW: bool; None where nobody fits, for S needs no truth.
    """

    region_NHW: NDArray[np.bool_]
    claimed_NHW: NDArray[np.bool_]
    soft_NHW: NDArray[np.float32]
    truth_NHW: NDArray[np.bool_] | None


class Protocol(ABC):
    """A named way to score: `score` each reference, then `summarise` all scores.

    References that fit nobody (test_n, and null rows of other splits) get S; all others get J and F.
    DEPARTS: EEMC's val also averages the null rows into J and F. The test splits, which the tables show, hold
    either only null rows or none, so no published number is touched.
    """

    name: ClassVar[str]
    version: ClassVar[str]
    has_curve: ClassVar[bool] = True
    """Whether F is the best of a curve over cut-offs, without which splits cannot be pooled."""

    @property
    def label(self) -> str:
        """`name@version`, to be written beside every number."""
        return f"{self.name}@{self.version}"

    @abstractmethod
    def prepare(self, masks: Masks, truth_NHW: NDArray[np.bool_] | None) -> Prepared:
        """Bring prediction and truth to the protocol's size and cut-offs. No measure is taken here."""

    @abstractmethod
    def null_score(self, claimed_NHW: NDArray[np.bool_]) -> float:
        """S of one reference."""

    def pool_pairs(self, scores: Sequence[Score]) -> Pair:
        """J and F of a split from its scores in csv order; Fb, where they have it, as a plain mean."""
        J_1, F_1 = self.weighted_pairs(scores, _once(scores))
        Fb_K = [score.Fb for score in scores if score.Fb is not None]
        return Pair(J=float(J_1[0]), F=float(F_1[0]), Fb=float(np.mean(Fb_K)) if Fb_K else None)

    def pool_s(self, scores: Sequence[Score]) -> float:
        """S of a split from its scores in csv order."""
        return float(self.weighted_s(scores, _once(scores))[0])

    @abstractmethod
    def weighted_pairs(
        self, scores: Sequence[Score], weights_RK: NDArray[np.integer]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """`pool_pairs` of many resamples of a split at once; intervals are made of it.

        Args:
            scores: as for `pool_pairs`, K of them.
            weights_RK: how often each reference counts in each of R resamples; at least one a resample.
        Returns:
            J_R and F_R; where every reference counts once, those of `pool_pairs`.
        """

    @abstractmethod
    def weighted_s(self, scores: Sequence[Score], weights_RK: NDArray[np.integer]) -> NDArray[np.float64]:
        """`pool_s` of many resamples at once, see `weighted_pairs`; returns S_R."""

    def overlap(self, prepared: Prepared, truth_NHW: NDArray[np.bool_]) -> float:
        """J of one reference; that of both released evaluations unless a protocol has its own."""
        return jaccard(prepared.region_NHW, truth_NHW)

    def fidelity(self, prepared: Prepared, truth_NHW: NDArray[np.bool_]) -> tuple[float, FCurve | None]:
        """F of one reference, and its curve where F is the best of one; as in both released evaluations."""
        curve = f_curve(prepared.soft_NHW, truth_NHW)
        return curve.best, curve

    def contour(self, prepared: Prepared, truth_NHW: NDArray[np.bool_]) -> float | None:
        """Fb of one reference; None: the protocol does not look at outlines."""
        return None

    def mix_weight(self, frames: int) -> float:
        """How much a split with so many scored frames counts in Mix; the same for both as published."""
        return 1.0

    def score(self, reference: Reference, masks: Masks, truth_NHW: NDArray[np.bool_] | None) -> Score:
        """Score one reference.

        Args:
            reference: whose masks these are.
            masks: prediction; its frames may have another size than the truth's, the protocol says what becomes of it.
            truth_NHW: true masks, bool, of as many frames; not looked at where nobody fits.
        Returns:
            Its score.
        Raises:
            DataError: prediction and truth differ in frames, or the truth of a present object is missing.
        """
        if not fits_nobody(reference):
            self._check_truth(reference, masks, truth_NHW)
            return self.measure(reference, self.prepare(masks, truth_NHW))
        return self.measure(reference, self.prepare(masks, None))

    @staticmethod
    def _check_truth(reference: Reference, masks: Masks, truth_NHW: NDArray[np.bool_] | None) -> None:
        """Refuse truth that cannot be compared with the prediction."""
        if truth_NHW is None:
            raise DataError(
                f"{reference.uid} (csv row {reference.row}) names an object but came without true masks. "
                f"Check gt_mask/{reference.folder}/fid_{reference.fid}."
            )
        if len(truth_NHW) != len(masks.soft_NHW):
            raise DataError(
                f"{reference.uid} (csv row {reference.row}): the prediction has {len(masks.soft_NHW)} frames and the "
                f"truth {len(truth_NHW)}. Check gt_mask/{reference.folder}/fid_{reference.fid}, or delete the stored "
                f"masks and segment again."
            )

    def measure(self, reference: Reference, prepared: Prepared) -> Score:
        """Take the measures of arrays that are already at their size.

        Raises:
            ValueError: the arrays are not masks and maps of one shape.
        """
        overlap, best, outline, size, curve = None, None, None, None, None
        if fits_nobody(reference):
            size = self.null_score(prepared.claimed_NHW)
        elif prepared.truth_NHW is None:
            raise ValueError(f"{reference.uid} names an object: its truth_NHW must be masks; got None")
        else:
            overlap = self.overlap(prepared, prepared.truth_NHW)
            best, curve = self.fidelity(prepared, prepared.truth_NHW)
            outline = self.contour(prepared, prepared.truth_NHW)
        return Score(
            uid=reference.uid,
            row=reference.row,
            split=reference.split,
            kind=reference.kind,
            J=overlap,
            F=best,
            Fb=outline,
            S=size,
            frames=len(prepared.region_NHW),
            curve=curve,
            claimed_px=int(np.count_nonzero(prepared.claimed_NHW)),
            all_px=prepared.claimed_NHW.size,
        )

    def summarise(
        self, scores: Iterable[Score], expected: Sequence[Reference], *, allow_partial: bool = False
    ) -> Summary:
        """Pool the scores of one evaluation; see `tgs.metrics.summary.summarise`.

        Raises:
            ConfigError: references are missing and `allow_partial` is false.
            DataError: a reference was scored twice or is not expected.
        """
        return summary.summarise(
            scores,
            expected,
            protocol=self.label,
            pool_pairs=self.pool_pairs,
            pool_s=self.pool_s,
            mix_weight=self.mix_weight,
            allow_partial=allow_partial,
        )


def _once(scores: Sequence[Score]) -> NDArray[np.int64]:
    """Weights of one resample in which every reference counts once."""
    return np.ones((1, len(scores)), np.int64)


def fits_nobody(reference: Reference) -> bool:
    """Whether a reference is judged by S: it is a null row, or stands in test_n."""
    return reference.is_null or reference.split is Split.test_n
