"""`protocol=article`: the formulas of the article's text, which its released code does not use."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tgs.metrics.base import Prepared
from tgs.metrics.fixed_cut import f_per_frame
from tgs.metrics.protocols.binary import Binary
from tgs.metrics.score import Score


class ArticleProtocol(Binary):
    """Binary masks at the clip's own size, all frames of a split in one pool.

    J: |pred and truth| / |pred or truth|; on a frame that neither shows nor claims anything 1.
    F: F1 of the mask, 2 P R / (P + R); 0 where the prediction or the truth is empty, and counted.
    S: claimed / all pixels, without a root.
    A split's J, F and S are means over its frames. Mix is the mean over the frames of Seen and Unseen together.

    Source:
        `jaccard_index`, `f_score`, `null_set_metric` and `evaluate_tgs_agent` of the article's listing. Its masks have
        the frames' size; a prediction of another size is brought to the truth's by nearest neighbour.
    """

    name = "article"
    version = "1"

    def fidelity(self, prepared: Prepared, truth_NHW: NDArray[np.bool_]) -> tuple[float, None]:
        """Mean over the frames of F1."""
        return float(f_per_frame(prepared.region_NHW, truth_NHW, beta_squared=1.0, both_empty=0.0).mean()), None

    def null_score(self, claimed_NHW: NDArray[np.bool_]) -> float:
        """Mean over the frames of the area."""
        return float(claimed_NHW.mean())

    def weight(self, score: Score) -> float:
        """Frames: the pool is of frames."""
        return float(score.frames)

    def mix_weight(self, frames: int) -> float:
        """One pool."""
        return float(frames)
