"""Protocols that score every reference alone and average the scores."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tgs.metrics.base import Protocol
from tgs.metrics.score import Score


class Averaged(Protocol):
    """A split's J, F and S are weighted means over its references."""

    def weight(self, score: Score) -> float:
        """How much a reference counts: all the same unless a protocol says otherwise."""
        return 1.0

    def weighted_pairs(
        self, scores: Sequence[Score], weights_RK: NDArray[np.integer]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Weighted means over references."""
        J_K, F_K = np.array([score.J for score in scores]), np.array([score.F for score in scores])
        return self._mean(J_K, scores, weights_RK), self._mean(F_K, scores, weights_RK)

    def weighted_s(self, scores: Sequence[Score], weights_RK: NDArray[np.integer]) -> NDArray[np.float64]:
        """Weighted mean over references."""
        return self._mean(np.array([score.S for score in scores]), scores, weights_RK)

    def _mean(
        self, values_K: NDArray[np.float64], scores: Sequence[Score], weights_RK: NDArray[np.integer]
    ) -> NDArray[np.float64]:
        counts_RK = weights_RK * np.array([self.weight(score) for score in scores])
        return counts_RK @ values_K / counts_RK.sum(axis=1)
