"""`protocol=strict`: ours. Nothing is widened, leaked, skipped or shared between references."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tgs.metrics.base import Prepared
from tgs.metrics.boundary import boundary_f_per_frame
from tgs.metrics.fixed_cut import f_per_frame
from tgs.metrics.fmeasure import BETA_SQUARED
from tgs.metrics.null_s import null_set_s
from tgs.metrics.protocols.binary import Binary


class StrictProtocol(Binary):
    """Binary masks at the truth's own size; every row of the csv counts once, by (uid, row).

    J: |pred and truth| / |pred or truth|; on a frame that neither shows nor claims anything 1.
    F: 1.3 P R / (0.3 P + R) of the mask, not of its best cut-off; empty frames as in J.
    Fb: F1 of the boundaries, within 0.8 % of the diagonal; empty frames as in J. Shown beside, not part of J&F.
    S: mean over the frames of sqrt(claimed / all pixels).
    A split's J, F, Fb and S are plain means over its references.
    A prediction of another size is brought to the truth's by nearest neighbour; the truth is never resized.
    """

    name = "strict"
    version = "1"

    def fidelity(self, prepared: Prepared, truth_NHW: NDArray[np.bool_]) -> tuple[float, None]:
        """Mean over the frames of the mask's own F-beta."""
        per_frame_N = f_per_frame(prepared.region_NHW, truth_NHW, beta_squared=BETA_SQUARED, both_empty=1.0)
        return float(per_frame_N.mean()), None

    def contour(self, prepared: Prepared, truth_NHW: NDArray[np.bool_]) -> float:
        """Mean over the frames of the boundary's F1."""
        return float(boundary_f_per_frame(prepared.region_NHW, truth_NHW).mean())

    def null_score(self, claimed_NHW: NDArray[np.bool_]) -> float:
        """Mean over the frames of the root of the area."""
        return null_set_s(claimed_NHW)
