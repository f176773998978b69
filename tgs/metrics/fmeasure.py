"""F: the best F-beta that any one cut-off of the soft map reaches on a clip."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tgs.metrics.arrays import require_masks, require_one_shape

BETA_SQUARED = 0.3
"""Weighs precision above recall. Source: `Eval_Fmeasure` of the released code; the article's text says F1."""

N_CUTOFFS = 255

CUTOFFS: NDArray[np.float32] = (np.arange(N_CUTOFFS) / (N_CUTOFFS - 1)).astype(np.float32)
"""k/254 in float32. Source: `linspace(0, 1 - 1e-10, 255)` of the released code, whose end rounds to 1 in float32."""


@dataclass(frozen=True, eq=False)
class FCurve:
    """F-beta against the cut-off, summed over the frames that show the object: sums can be pooled.

    Attributes:
        total: N_CUTOFFS values, the sum over those frames.
        frames: how many frames that is; 0 leaves `best` at 0.
    """

    total: NDArray[np.float64] = field(repr=False)
    frames: int

    @property
    def best(self) -> float:
        """Maximum over the cut-offs of the mean curve: the cut-off is shared by all pooled frames."""
        return float(self.total.max() / self.frames) if self.frames else 0.0


def pool(curves: Iterable[FCurve]) -> FCurve:
    """One curve over the frames of several references.

    Source: EEMC calls `Eval_Fmeasure` on whole batches, so one cut-off serves the batch.
    """
    total, frames = np.zeros(N_CUTOFFS), 0
    for curve in curves:
        total, frames = total + curve.total, frames + curve.frames
    return FCurve(total, frames)


_BELOW = np.nextafter(CUTOFFS[1:], np.float32(0))
_TOO_HIGH: NDArray[np.float32] = _BELOW[_BELOW * np.float32(N_CUTOFFS - 1) >= np.arange(1, N_CUTOFFS)]
"""The values (one: just below 143/254) whose product with 254 is rounded up to the cut-off that they do not reach."""


def _highest(soft_P: NDArray[np.float32]) -> NDArray[np.intp]:
    """The last cut-off that each pixel passes, 0 to 254.

    It is floor(254 soft) in float32: the product of every cut-off with 254 rounds to its number or above, and that of
    the float32 before it stays below, but for `_TOO_HIGH`.
    """
    level_P = (soft_P * np.float32(N_CUTOFFS - 1)).astype(np.intp)
    for value in _TOO_HIGH:
        level_P[soft_P == value] -= 1
    return level_P


def _curve(soft_P: NDArray[np.float32], truth_P: NDArray[np.bool_]) -> NDArray[np.float64]:
    """F-beta of one frame that shows the object, at every cut-off.

    A pixel passes every cut-off up to its highest, so a histogram, summed from the top, counts them all at once.
    """
    level_P = _highest(soft_P)
    level_P += np.multiply(truth_P, N_CUTOFFS, dtype=np.intp)  # pixels of the object in a second histogram behind it
    histogram = np.bincount(level_P, minlength=2 * N_CUTOFFS).reshape(2, N_CUTOFFS)
    outside, hits = histogram[:, ::-1].cumsum(axis=1)[:, ::-1]
    precision = hits / np.maximum(hits + outside, 1)  # nothing claimed: 0 hits, and the released 1e-20 gives 0 too
    recall = hits / hits[0]
    below = BETA_SQUARED * precision + recall
    return np.divide((1 + BETA_SQUARED) * precision * recall, below, out=np.zeros(N_CUTOFFS), where=below > 0)


def f_curve(soft_NHW: NDArray[np.floating], truth_NHW: NDArray[np.bool_]) -> FCurve:
    """F-beta of one reference at every cut-off, over the frames whose truth is not empty.

    F(c) = 1.3 P R / (0.3 P + R), P and R of the mask `soft >= c`; 0 where P and R are both 0

    Exact, without a pass per cut-off: every pixel is counted once, at the number of cut-offs it passes. At cut-off 0
    every pixel passes, so even an all-zero map earns 1.3 p / (0.3 p + 1) for an object that fills a fraction p.

    Args:
        soft_NHW: map in [0, 1], N frames of H x W pixels; compared in float32.
        truth_NHW: true masks of the same shape.
    Returns:
        The curve; `.best` is the F of this reference.
    Raises:
        ValueError: shapes differ, no frame, or the map leaves [0, 1].
    Source:
        `Eval_Fmeasure` and `_eval_pr` of the released code.
    """
    require_masks(truth_NHW=truth_NHW)
    require_one_shape(soft_NHW=soft_NHW, truth_NHW=truth_NHW)
    if not (soft_NHW.min() >= 0 and soft_NHW.max() <= 1):  # also false for NaN
        raise ValueError(f"soft_NHW must lie in [0, 1]; got {soft_NHW.min()} to {soft_NHW.max()}")
    shown = np.flatnonzero(truth_NHW.any(axis=(1, 2)))
    total = np.zeros(N_CUTOFFS)
    for n in shown:  # frame by frame: one frame's pixels stay in the cache
        total += _curve(soft_NHW[n].ravel().astype(np.float32, copy=False), truth_NHW[n].ravel())
    return FCurve(total, len(shown))
