"""The published ways to turn masks into numbers. A number without its protocol's name means nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from tgs.errors import ConfigError
from tgs.metrics.base import Prepared, Protocol
from tgs.metrics.fmeasure import pool
from tgs.metrics.null_s import null_set_s, pooled_s
from tgs.metrics.resize import soft_bilinear, truth_cv2_bilinear, truth_pil_bicubic
from tgs.metrics.score import Score
from tgs.metrics.summary import Pair
from tgs.types import Masks


class TgsProtocol(Protocol):
    """The released evaluation of TGS-Agent: everything at 224 x 224, per reference, then the mean.

    J: mean over the frames of |pred and truth| / |pred or truth|, background overlap on frames without the object.
    F: maximum over 255 cut-offs of the mean, over frames with the object, of 1.3 P R / (0.3 P + R) of the soft map.
    S: mean over the frames of sqrt(claimed / all pixels).
    A split's J, F and S are plain means over its references.
    Truth: PIL bicubic to 224 x 224, then nonzero, which widens every object by a rim.

    DEPARTS:
        The released SAM2 sees a 224 x 224 image, so its logits are interpolated to 224 and then pass the sigmoid.
        Ours are soft maps at the clip's size: they are interpolated to 224 after the sigmoid and cut at 0.5, which is
        the same cut as logit > 0. A prediction that already has 224 x 224 keeps its own binary mask.
        uids that occur twice are scored twice, each row on its own masks; the released script scores the first
        prediction on the last row's masks.
        A missing frame or mask is an error of the data room; the released script skips it and, where all are
        missing, scores 0, which is a perfect S.
    Source:
        `ground_segment_with_object_text_after_thinking_for_RefAVSBench.py` and `utils/avss_utils.py`, 4e144c9.
    """

    name = "tgs"
    version = "1"
    size_px = 224

    def prepare(self, masks: Masks, truth_NHW: NDArray[np.bool_] | None) -> Prepared:
        """See the class."""
        soft_NHW = soft_bilinear(masks.soft_NHW, self.size_px)
        at_size = masks.binary_NHW.shape[1:] == (self.size_px, self.size_px)
        region_NHW = masks.binary_NHW if at_size else soft_NHW > 0.5
        truth = None if truth_NHW is None else truth_pil_bicubic(truth_NHW, self.size_px)
        return Prepared(region_NHW, region_NHW, soft_NHW, truth)

    def null_score(self, claimed_NHW: NDArray[np.bool_]) -> float:
        """Mean over the frames of the root of the area."""
        return null_set_s(claimed_NHW)

    def pool_pairs(self, scores: Sequence[Score]) -> Pair:
        """Plain means over references."""
        return Pair(J=_mean(score.J for score in scores), F=_mean(score.F for score in scores))

    def pool_s(self, scores: Sequence[Score]) -> float:
        """Plain mean over references."""
        return _mean(score.S for score in scores)

    def weighted_pairs(
        self, scores: Sequence[Score], weights_RK: NDArray[np.integer]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Weighted means over references."""
        J_K, F_K = np.array([score.J for score in scores]), np.array([score.F for score in scores])
        return _weighted_mean(J_K, weights_RK), _weighted_mean(F_K, weights_RK)

    def weighted_s(self, scores: Sequence[Score], weights_RK: NDArray[np.integer]) -> NDArray[np.float64]:
        """Weighted mean over references."""
        return _weighted_mean(np.array([score.S for score in scores]), weights_RK)


class RefAvsProtocol(Protocol):
    """EEMC's evaluation, Ref-AVSBench's own: everything at 256 x 256, by batches of 4 references in csv order.

    J: mean over all frames of the batch of |pred and truth| / |pred or truth|, pred = soft > 0.4, background overlap
       on frames without the object.
    F: maximum over 255 cut-offs of the mean, over the batch's frames with the object, of 1.3 P R / (0.3 P + R):
       one cut-off serves the whole batch.
    S: sqrt(claimed / all pixels) over all frames of the batch, claimed = soft > 0.5.
    A split's J, F and S are plain means over its batches, the last and perhaps smaller one included.
    Truth: OpenCV's bilinear to 256 x 256, then > 0.

    A reference's own J, F and S are those of a batch that holds it alone.
    DEPARTS:
        EEMC's model gives logits at 256 x 256; ours are soft maps at the clip's size, interpolated to 256 bilinearly.
    Source:
        `utils/metric/utility.py`, `scripts/train.py` (test), `datasets/dataset_refavs.py`, `run_refavs.py`, 82eb688.
        The cut-off is 0.4 in `mask_iou` and 0.5 in `metric_s_for_null`.
    """

    name = "refavs"
    version = "1"
    size_px = 256
    batch_rows: ClassVar[int] = 4
    region_cutoff: ClassVar[float] = 0.4
    claim_cutoff: ClassVar[float] = 0.5

    def prepare(self, masks: Masks, truth_NHW: NDArray[np.bool_] | None) -> Prepared:
        """See the class."""
        soft_NHW = soft_bilinear(masks.soft_NHW, self.size_px)
        truth = None if truth_NHW is None else truth_cv2_bilinear(truth_NHW, self.size_px)
        return Prepared(soft_NHW > self.region_cutoff, soft_NHW > self.claim_cutoff, soft_NHW, truth)

    def null_score(self, claimed_NHW: NDArray[np.bool_]) -> float:
        """Root of the area of all frames together."""
        return pooled_s(int(np.count_nonzero(claimed_NHW)), claimed_NHW.size)

    def _slices(self, references: int) -> list[slice]:
        """Where the batches of so many references lie."""
        return [slice(start, start + self.batch_rows) for start in range(0, references, self.batch_rows)]

    def _batches(self, scores: Sequence[Score]) -> list[Sequence[Score]]:
        return [scores[batch] for batch in self._slices(len(scores))]

    def pool_pairs(self, scores: Sequence[Score]) -> Pair:
        """Mean over batches of the frame mean of J and of the batch's own best F."""
        batches = self._batches(scores)
        frames_J = [[(score.frames, score.J) for score in batch if score.J is not None] for batch in batches]
        J = _mean(sum(n * j for n, j in batch) / sum(n for n, _ in batch) for batch in frames_J)
        F = _mean(pool(score.curve for score in batch if score.curve is not None).best for batch in batches)
        return Pair(J, F)

    def pool_s(self, scores: Sequence[Score]) -> float:
        """Mean over batches of the root of the batch's area."""
        areas = [(sum(s.claimed_px for s in batch), sum(s.all_px for s in batch)) for batch in self._batches(scores)]
        return _mean(pooled_s(claimed_px, all_px) for claimed_px, all_px in areas)

    def weighted_pairs(
        self, scores: Sequence[Score], weights_RK: NDArray[np.integer]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Batches keep their members: a reference that counts w times stands w times in its own batch.

        A batch counts as often as its references do on average, the last and perhaps smaller one included.
        """
        frames_K, J_K = np.array([score.frames for score in scores]), np.array([score.J for score in scores])
        curves = [score.curve for score in scores if score.curve is not None]
        shown_K = np.array([curve.frames for curve in curves])
        total_KC = np.stack([curve.total for curve in curves])

        def overlap(batch: slice, often_RB: NDArray[np.integer]) -> NDArray[np.float64]:
            return _ratio(often_RB @ (frames_K * J_K)[batch], often_RB @ frames_K[batch])

        def best(batch: slice, often_RB: NDArray[np.integer]) -> NDArray[np.float64]:
            return _ratio((often_RB @ total_KC[batch]).max(axis=1), often_RB @ shown_K[batch])

        return self._over_batches(overlap, weights_RK), self._over_batches(best, weights_RK)

    def weighted_s(self, scores: Sequence[Score], weights_RK: NDArray[np.integer]) -> NDArray[np.float64]:
        """See `weighted_pairs`."""
        claimed_K = np.array([score.claimed_px for score in scores])
        all_K = np.array([score.all_px for score in scores])

        def size(batch: slice, often_RB: NDArray[np.integer]) -> NDArray[np.float64]:
            return np.sqrt(_ratio(often_RB @ claimed_K[batch], often_RB @ all_K[batch]))

        return self._over_batches(size, weights_RK)

    def _over_batches(
        self, measure: Callable[[slice, NDArray[np.integer]], NDArray[np.float64]], weights_RK: NDArray[np.integer]
    ) -> NDArray[np.float64]:
        """Mean of a batch's measure over the batches, each as often as its references on average."""
        total_R, batches_R = np.zeros((2, len(weights_RK)))
        for batch in self._slices(weights_RK.shape[1]):
            often_RB = weights_RK[:, batch]
            total_R += often_RB.mean(axis=1) * measure(batch, often_RB)
            batches_R += often_RB.mean(axis=1)
        return total_R / batches_R


def _mean(values: Iterable[float | None]) -> float:
    """Mean of numbers that the caller has seen to be there."""
    return float(np.mean([value for value in values if value is not None]))


def _weighted_mean(values_K: NDArray[np.float64], weights_RK: NDArray[np.integer]) -> NDArray[np.float64]:
    return weights_RK @ values_K / weights_RK.sum(axis=1)


def _ratio(above_R: NDArray, below_R: NDArray) -> NDArray[np.float64]:
    """Quotient, 0 where nothing is counted: such a batch is not drawn, or shows the object on no frame."""
    return np.divide(above_R, below_R, out=np.zeros(len(below_R)), where=below_R > 0)


PROTOCOLS: Mapping[str, Protocol] = MappingProxyType({p.name: p for p in (TgsProtocol(), RefAvsProtocol())})
"""Every protocol by the name it has in configs and records."""


def protocol(name: str) -> Protocol:
    """The protocol of that name.

    Raises:
        ConfigError: no protocol has it.
    """
    if name not in PROTOCOLS:
        raise ConfigError(f"unknown protocol {name!r}. Choose one of: {', '.join(PROTOCOLS)}.")
    return PROTOCOLS[name]
