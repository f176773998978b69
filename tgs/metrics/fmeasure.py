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


def _passing(level_NP: NDArray[np.intp], counted_NP: NDArray[np.bool_]) -> NDArray[np.int64]:
    """How many of the counted pixels of each frame pass each cut-off.

    A pixel of level l passes cut-offs 0 .. l-1, so a histogram of levels, summed from the top, counts them all at once.
    """
    frames = len(level_NP)
    bins = N_CUTOFFS + 1
    flat = (level_NP + bins * np.arange(frames)[:, None])[counted_NP]
    histogram = np.bincount(flat, minlength=frames * bins).reshape(frames, bins)
    return histogram[:, ::-1].cumsum(axis=1)[:, -2::-1]


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
    shown_N = truth_NHW.any(axis=(1, 2))
    frames = int(np.count_nonzero(shown_N))
    if not frames:
        return FCurve(np.zeros(N_CUTOFFS), 0)
    truth_NP = truth_NHW[shown_N].reshape(frames, -1)
    soft_NP = soft_NHW[shown_N].reshape(frames, -1).astype(np.float32)
    level_NP = np.searchsorted(CUTOFFS, soft_NP, side="right")
    hits = _passing(level_NP, truth_NP)
    claimed = _passing(level_NP, np.ones_like(truth_NP))
    precision = hits / np.maximum(claimed, 1)  # nothing claimed: 0 hits, and the released 1e-20 gives 0 too
    recall = hits / np.count_nonzero(truth_NP, axis=1)[:, None]
    below = BETA_SQUARED * precision + recall
    curves = np.divide((1 + BETA_SQUARED) * precision * recall, below, out=np.zeros_like(below), where=below > 0)
    return FCurve(curves.sum(axis=0), frames)
