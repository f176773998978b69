"""Protocols that judge the mask as it is, at the truth's own size."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tgs.metrics.base import Prepared
from tgs.metrics.fixed_cut import union_jaccard_per_frame
from tgs.metrics.protocols.averaged import Averaged
from tgs.metrics.resize import mask_nearest
from tgs.types import Masks


class Binary(Averaged):
    """J: |pred and truth| / |pred or truth|; on a frame that neither shows nor claims anything 1.

    A prediction of another size is brought to the truth's by nearest neighbour; the truth is never resized.
    """

    has_curve = False

    def prepare(self, masks: Masks, truth_NHW: NDArray[np.bool_] | None) -> Prepared:
        """See the class."""
        mask_NHW = masks.binary_NHW if truth_NHW is None else mask_nearest(masks.binary_NHW, truth_NHW.shape[1:])
        return Prepared(mask_NHW, mask_NHW, mask_NHW.astype(np.float32), truth_NHW)

    def overlap(self, prepared: Prepared, truth_NHW: NDArray[np.bool_]) -> float:
        """Mean over the frames, empty ones by the union."""
        return float(union_jaccard_per_frame(prepared.region_NHW, truth_NHW).mean())
