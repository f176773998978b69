"""Protocols that measure several references at once: EEMC's functions, which take whatever lies in one batch."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from tgs.metrics.base import Protocol
from tgs.metrics.null_s import pooled_s
from tgs.metrics.score import Score

Group = NDArray[np.intp]
"""Positions of the references that are measured together."""


class Grouped(Protocol):
    """Groups of references share their frames: one mean J, one best cut-off of F, one area of S for all of a group.

    J: mean over all frames of the group of |pred and truth| / |pred or truth|, pred = soft > 0.4, background overlap
       on frames without the object.
    F: maximum over 255 cut-offs of the mean, over the group's frames with the object, of 1.3 P R / (0.3 P + R).
    S: sqrt(claimed / all pixels) over all frames of the group, claimed = soft > 0.5.
    A reference's own J, F and S are those of a group that holds it alone.

    Source:
        `utils/metric/utility.py` of Ref-AVS, 82eb688, which SimToken, 6975001, repeats. The cut-off is 0.4 in
        `mask_iou` and 0.5 in `metric_s_for_null`.
    """

    region_cutoff: ClassVar[float] = 0.4
    claim_cutoff: ClassVar[float] = 0.5

    @abstractmethod
    def groups(self, scores: Sequence[Score]) -> list[Group]:
        """Which references, in csv order, are measured together."""

    @abstractmethod
    def weight(self, scores: Sequence[Score]) -> float:
        """How much a group counts in the mean over groups."""

    def null_score(self, claimed_NHW: NDArray[np.bool_]) -> float:
        """Root of the area of all frames together."""
        return pooled_s(int(np.count_nonzero(claimed_NHW)), claimed_NHW.size)

    def weighted_pairs(
        self, scores: Sequence[Score], weights_RK: NDArray[np.integer]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Groups keep their members: a reference that counts w times stands w times in its own group.

        A group counts as often as its references do on average.
        """
        frames_K, J_K = np.array([score.frames for score in scores]), np.array([score.J for score in scores])
        curves = [score.curve for score in scores if score.curve is not None]
        shown_K = np.array([curve.frames for curve in curves])
        total_KC = np.stack([curve.total for curve in curves])

        def overlap(group: Group, often_RG: NDArray[np.integer]) -> NDArray[np.float64]:
            return _ratio(often_RG @ (frames_K * J_K)[group], often_RG @ frames_K[group])

        def best(group: Group, often_RG: NDArray[np.integer]) -> NDArray[np.float64]:
            return _ratio((often_RG @ total_KC[group]).max(axis=1), often_RG @ shown_K[group])

        return self._over_groups(overlap, scores, weights_RK), self._over_groups(best, scores, weights_RK)

    def weighted_s(self, scores: Sequence[Score], weights_RK: NDArray[np.integer]) -> NDArray[np.float64]:
        """See `weighted_pairs`."""
        claimed_K = np.array([score.claimed_px for score in scores])
        all_K = np.array([score.all_px for score in scores])

        def size(group: Group, often_RG: NDArray[np.integer]) -> NDArray[np.float64]:
            return np.sqrt(_ratio(often_RG @ claimed_K[group], often_RG @ all_K[group]))

        return self._over_groups(size, scores, weights_RK)

    def _over_groups(
        self,
        measure: Callable[[Group, NDArray[np.integer]], NDArray[np.float64]],
        scores: Sequence[Score],
        weights_RK: NDArray[np.integer],
    ) -> NDArray[np.float64]:
        """Weighted mean of a group's measure over the groups, each as often as its references on average."""
        total_R, often_R = np.zeros((2, len(weights_RK)))
        for group in self.groups(scores):
            often_RG = weights_RK[:, group]
            weight_R = often_RG.mean(axis=1) * self.weight([scores[index] for index in group])
            total_R += weight_R * measure(group, often_RG)
            often_R += weight_R
        return total_R / often_R


def _ratio(above_R: NDArray, below_R: NDArray) -> NDArray[np.float64]:
    """Quotient, 0 where nothing is counted: such a group is not drawn, or shows the object on no frame."""
    return np.divide(above_R, below_R, out=np.zeros(len(below_R)), where=below_R > 0)
