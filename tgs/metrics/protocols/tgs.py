"""`protocol=tgs`: the released evaluation of TGS-Agent."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tgs.metrics.base import Prepared
from tgs.metrics.null_s import null_set_s
from tgs.metrics.protocols.averaged import Averaged
from tgs.metrics.resize import soft_bilinear, truth_pil_bicubic
from tgs.types import Masks

SIZE_PX = 224


class TgsProtocol(Averaged):
    """The released evaluation of TGS-Agent: everything at 224 x 224, per reference, then the mean.

    J: mean over the frames of |pred and truth| / |pred or truth|, background overlap on frames without the object.
    F: maximum over 255 cut-offs of the mean, over frames with the object, of 1.3 P R / (0.3 P + R) of the soft map.
    S: mean over the frames of sqrt(claimed / all pixels).
    A split's J, F and S are plain means over its references.
    Truth: PIL bicubic to 224 x 224, then nonzero, which widens every object by a rim.

    DEPARTS:
        The released SAM2 sees a 224 x 224 image, so its logits are interpolated to 224 and then pass the sigmoid.
        Ours are soft maps at the clip's size, in 255ths: they are interpolated to 224 after the sigmoid and cut at 0.5,
        which is the same cut as logit > 0. With quirk=small_frames they come at 224 and are not interpolated.
        uids that occur twice are scored twice, each row on its own masks; the released script scores the first
        prediction on the last row's masks, as quirk=one_per_uid does.
        A missing frame or mask is an error of the data room; the released script skips it and, where all are
        missing, scores 0, which is a perfect S.
    Source:
        `ground_segment_with_object_text_after_thinking_for_RefAVSBench.py` and `utils/avss_utils.py`, 4e144c9.
    """

    name = "tgs"
    version = "1"

    def prepare(self, masks: Masks, truth_NHW: NDArray[np.bool_] | None) -> Prepared:
        """See the class."""
        soft_NHW = soft_bilinear(masks.soft_NHW, (SIZE_PX, SIZE_PX))
        region_NHW = soft_NHW > 0.5
        truth = None if truth_NHW is None else truth_pil_bicubic(truth_NHW, SIZE_PX)
        return Prepared(region_NHW, region_NHW, soft_NHW, truth)

    def null_score(self, claimed_NHW: NDArray[np.bool_]) -> float:
        """Mean over the frames of the root of the area."""
        return null_set_s(claimed_NHW)
