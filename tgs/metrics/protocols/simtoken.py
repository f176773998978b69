"""`protocol=simtoken`: the released evaluation of SimToken."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tgs.metrics.base import Prepared
from tgs.metrics.protocols.grouped import Group, Grouped
from tgs.metrics.resize import soft_bilinear
from tgs.metrics.score import Score
from tgs.types import Masks


class SimTokenProtocol(Grouped):
    """EEMC's functions at the clip's own size, over all references of a video at once; see `Grouped` for J, F and S.

    A split's J, F and S are means over its videos, weighted by references times frames.

    DEPARTS:
        SimToken's logits are interpolated to the clip's size by its own model; a prediction of another size than the
        truth is interpolated bilinearly here, as soft maps.
        Its null script is handed the loader of the unseen split (`load_model.py`); here S is of the null references.
    Source:
        `valuate` and `valuate_Null` in `load_model.py` and `train.py`, `datasets/dataset_refavs.py`,
        `utils/metric/utility.py`, DianJin-HFUT/SimToken 6975001.
    """

    name = "simtoken"
    version = "1"

    def prepare(self, masks: Masks, truth_NHW: NDArray[np.bool_] | None) -> Prepared:
        """See the class."""
        size_HW = (masks.soft_NHW if truth_NHW is None else truth_NHW).shape[1:]
        soft_NHW = soft_bilinear(masks.soft_NHW, size_HW)
        return Prepared(soft_NHW > self.region_cutoff, soft_NHW > self.claim_cutoff, soft_NHW, truth_NHW)

    def groups(self, scores: Sequence[Score]) -> list[Group]:
        """All references of a video, wherever they stand in the csv."""
        _, video_K = np.unique([score.folder for score in scores], return_inverse=True)
        return [np.flatnonzero(video_K == video) for video in range(video_K.max() + 1)]

    def weight(self, scores: Sequence[Score]) -> float:
        """References times frames."""
        return float(sum(score.frames for score in scores))
