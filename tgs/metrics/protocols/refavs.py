"""`protocol=refavs`: EEMC's released evaluation, Ref-AVSBench's own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tgs.metrics.base import Prepared
from tgs.metrics.protocols.grouped import Group, Grouped
from tgs.metrics.resize import soft_bilinear, truth_cv2_bilinear
from tgs.metrics.score import Score
from tgs.types import Masks

SIZE_PX = 256
BATCH_ROWS = 4


class RefAvsProtocol(Grouped):
    """Everything at 256 x 256, by batches of 4 references in csv order; see `Grouped` for J, F and S.

    A split's J, F and S are plain means over its batches, the last and perhaps smaller one included.
    Truth: OpenCV's bilinear to 256 x 256, then > 0.

    DEPARTS:
        EEMC's model gives logits at 256 x 256; ours are soft maps at the clip's size, interpolated to 256 bilinearly.
    Source:
        `utils/metric/utility.py`, `scripts/train.py` (test), `datasets/dataset_refavs.py`, `run_refavs.py`, 82eb688.
    """

    name = "refavs"
    version = "1"

    def prepare(self, masks: Masks, truth_NHW: NDArray[np.bool_] | None) -> Prepared:
        """See the class."""
        soft_NHW = soft_bilinear(masks.soft_NHW, (SIZE_PX, SIZE_PX))
        truth = None if truth_NHW is None else truth_cv2_bilinear(truth_NHW, SIZE_PX)
        return Prepared(soft_NHW > self.region_cutoff, soft_NHW > self.claim_cutoff, soft_NHW, truth)

    def groups(self, scores: Sequence[Score]) -> list[Group]:
        """Batches of 4 rows."""
        return [np.arange(start, min(start + BATCH_ROWS, len(scores))) for start in range(0, len(scores), BATCH_ROWS)]

    def weight(self, scores: Sequence[Score]) -> float:
        """Every batch the same."""
        return 1.0
