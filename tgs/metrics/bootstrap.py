"""How far a number would move on other clips: the percentile bootstrap.

Clips are drawn, not references: the references of a clip share its pixels and its sound. Every split is resampled on
its own, for splits share no clip. The draws follow from the seed and the clips' names alone, so that numbers on the
same clips share their resamples: differences between them are paired, whoever computes them.

Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), 13.3 (percentile interval).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tgs.digest import digest_value
from tgs.errors import DataError
from tgs.metrics.base import Protocol
from tgs.metrics.score import Score
from tgs.types import Measure, Split

RESAMPLES = 10_000
LEVEL = 0.95
AT_ONCE = 500
"""Resamples held in memory together; the draws do not depend on it."""


class Interval(NamedTuple):
    """Where the middle `LEVEL` of the resampled values lies; both ends are NaN where a single clip tells nothing."""

    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Resampled:
    """A number as it came out, and as it would have come out on each resample of its clips.

    Attributes:
        value: on the clips themselves.
        values_R: on R resamples.
        clips: digest of the clips' names: equal digests share their resamples.
    """

    value: float
    values_R: NDArray[np.float64] = field(repr=False)
    clips: str

    @property
    def interval(self) -> Interval:
        """The percentile interval."""
        edge = (1 - LEVEL) / 2
        low, high = np.quantile(self.values_R, [edge, 1 - edge])
        return Interval(float(low), float(high))

    def __sub__(self, other: Resampled) -> Resampled:
        """Paired difference.

        Raises:
            DataError: the two are not of the same clips.
        """
        _require_one(self, other)
        return Resampled(self.value - other.value, self.values_R - other.values_R, self.clips)

    def __rsub__(self, whole: float) -> Resampled:
        """What it falls short of a number that is the same on all clips."""
        return Resampled(whole - self.value, whole - self.values_R, self.clips)


def mean(numbers: Sequence[Resampled]) -> Resampled:
    """Of several evaluations of the same clips, such as the seeds of a training: the clips are drawn once for all.

    Raises:
        DataError: they are not of the same clips.
    """
    _require_one(*numbers)
    values_R = np.mean([number.values_R for number in numbers], axis=0)
    return Resampled(float(np.mean([number.value for number in numbers])), values_R, numbers[0].clips)


def lowest(numbers: Sequence[Resampled]) -> Resampled:
    """The smallest of several numbers, anew on every resample. Raises as `mean` does."""
    _require_one(*numbers)
    values_R = np.min([number.values_R for number in numbers], axis=0)
    return Resampled(min(number.value for number in numbers), values_R, numbers[0].clips)


def highest(numbers: Sequence[Resampled]) -> Resampled:
    """The largest of several numbers, anew on every resample. Raises as `mean` does."""
    _require_one(*numbers)
    values_R = np.max([number.values_R for number in numbers], axis=0)
    return Resampled(max(number.value for number in numbers), values_R, numbers[0].clips)


def _require_one(*numbers: Resampled) -> None:
    if len({(number.clips, len(number.values_R)) for number in numbers}) > 1:
        raise DataError(
            "numbers of different clips, or of different numbers of resamples, cannot be paired. Evaluate both on "
            "the same splits of the same benchmark, with the same `only` and limit_clips."
        )


def draw(clips: Sequence[str], resamples: int, seed: int) -> Iterator[NDArray[np.int64]]:
    """How often each clip is drawn when as many clips as there are are drawn with replacement.

    Args:
        clips: names, in any fixed order.
        resamples: how many draws, R.
        seed: with the names, settles the draws.
    Yields:
        weights_RB, at most `AT_ONCE` resamples of B clips at a time; every row sums to B.
    """
    rng = np.random.default_rng([seed, int(digest_value(list(clips)), 16)])
    chances_B = np.full(len(clips), 1 / len(clips))
    for start in range(0, resamples, AT_ONCE):
        yield rng.multinomial(len(clips), chances_B, size=min(AT_ONCE, resamples - start))


def resample(
    protocol: Protocol, scores: Sequence[Score], *, resamples: int = RESAMPLES, seed: int = 0
) -> dict[Measure, Resampled]:
    """Every number of a table that these scores give, with its resamples.

    Args:
        protocol: pools, here as in the headline numbers.
        scores: of one evaluation, in any order.
        resamples: how many.
        seed: equal seeds give equal resamples of equal clips.
    Returns:
        The measures of the splits that were scored; mix where seen and unseen are both there.
    """
    ordered = sorted(scores, key=lambda score: score.row)
    found: dict[Measure, Resampled] = {}
    for split, names in PAIRS.items():
        pairs = [score for score in ordered if score.split is split and score.J is not None]
        if pairs:
            found |= zip(names, _pairs(protocol, pairs, resamples, seed), strict=True)
            if pairs[0].Fb is not None:
                found[OUTLINES[split]] = _outlines(pairs, resamples, seed)
    for split, name in SIZES.items():
        nulls = [score for score in ordered if score.split is split and score.S is not None]
        if nulls:
            parts = [protocol.weighted_s(nulls, weights) for weights in _weights(nulls, resamples, seed)]
            found[name] = _resampled(protocol.pool_s(nulls), np.concatenate(parts), _clips(nulls))
    if Measure.seen in found and Measure.unseen in found:
        found[Measure.mix] = _mix(protocol, ordered, found[Measure.seen], found[Measure.unseen])
    return found


def share(clip_of: Sequence[str], right: Sequence[bool], *, resamples: int = RESAMPLES, seed: int = 0) -> Resampled:
    """Share of references that are right, with its resamples over all their clips together, whatever their split.

    Args:
        clip_of: the clip of each reference, one or more.
        right: whether it is.
        resamples, seed: as for `resample`.
    """
    clips, clip_K = np.unique(clip_of, return_inverse=True)
    right_B, all_B = np.bincount(clip_K, right), np.bincount(clip_K)
    parts = [weights_RB @ right_B / (weights_RB @ all_B) for weights_RB in draw(clips.tolist(), resamples, seed)]
    return _resampled(float(np.mean(right)), np.concatenate(parts), clips.tolist())


PAIRS = {
    Split.test_s: (Measure.seen_j, Measure.seen_f, Measure.seen),
    Split.test_u: (Measure.unseen_j, Measure.unseen_f, Measure.unseen),
    Split.val: (Measure.val_j, Measure.val_f, Measure.val),
}
"""J, F and J&F of each split."""

MIXED = (Split.test_s, Split.test_u)
"""Seen and unseen, of which Mix is made."""

OUTLINES = {Split.test_s: Measure.seen_fb, Split.test_u: Measure.unseen_fb, Split.val: Measure.val_fb}
"""Fb of each split, where the protocol looks at outlines."""

SIZES = {Split.test_n: Measure.null_s, Split.val: Measure.val_s}
"""S of each split."""


def _pairs(protocol: Protocol, scores: Sequence[Score], resamples: int, seed: int) -> list[Resampled]:
    """J, F and J&F of one split's references with an object."""
    parts = [protocol.weighted_pairs(scores, weights) for weights in _weights(scores, resamples, seed)]
    J_R, F_R = (np.concatenate(part) for part in zip(*parts, strict=True))
    pair = protocol.pool_pairs(scores)
    numbers = ((pair.J, J_R), (pair.F, F_R), (pair.JF, (J_R + F_R) / 2))
    return [_resampled(value, values_R, _clips(scores)) for value, values_R in numbers]


def _outlines(scores: Sequence[Score], resamples: int, seed: int) -> Resampled:
    """Fb of one split's references with an object: a plain mean, only one protocol has it."""
    Fb_K = np.array([score.Fb for score in scores], np.float64)
    parts = [weights_RK @ Fb_K / weights_RK.sum(axis=1) for weights_RK in _weights(scores, resamples, seed)]
    return _resampled(float(Fb_K.mean()), np.concatenate(parts), _clips(scores))


def _mix(protocol: Protocol, scores: Sequence[Score], seen: Resampled, unseen: Resampled) -> Resampled:
    """By the protocol's weights, which stay as they are on the clips themselves on every resample."""
    share = mix_share(protocol, scores)
    return Resampled(
        share * seen.value + (1 - share) * unseen.value,
        share * seen.values_R + (1 - share) * unseen.values_R,
        digest_value([seen.clips, unseen.clips]),
    )


def mix_share(protocol: Protocol, scores: Sequence[Score]) -> float:
    """The part of Mix that Seen is, by the protocol's weights; the rest is Unseen."""
    frames = (sum(s.frames for s in scores if s.split is split and s.J is not None) for split in MIXED)
    seen_weight, unseen_weight = map(protocol.mix_weight, frames)
    return seen_weight / (seen_weight + unseen_weight)


def _clips(scores: Sequence[Score]) -> list[str]:
    return sorted({score.folder for score in scores})


def _weights(scores: Sequence[Score], resamples: int, seed: int) -> Iterator[NDArray[np.int64]]:
    """weights_RK: every reference counts as often as its clip."""
    clips = _clips(scores)
    clip_K = np.searchsorted(clips, [score.folder for score in scores])
    for weights_RB in draw(clips, resamples, seed):
        yield weights_RB[:, clip_K]


def _resampled(value: float, values_R: NDArray[np.float64], clips: Sequence[str]) -> Resampled:
    """One clip can only be drawn as it is: its resamples would look certain, so they are NaN."""
    told_R = values_R if len(clips) > 1 else np.full_like(values_R, np.nan)
    return Resampled(value, told_R, digest_value(clips))
