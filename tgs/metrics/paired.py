"""Could chance alone have made two evaluations of the same references so different? Paired tests.

Source: Good, Permutation, Parametric and Bootstrap Tests of Hypotheses (2005), 3.2 (sign flips); McNemar, Psychometrika
12 (1947), in its exact form.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import binomtest, permutation_test

FLIPS = 9_999
"""Random assignments of signs; with so many, all are enumerated for up to 13 clips."""


def sign_flip_p(difference_K: ArrayLike, clip_of: Sequence[str], *, seed: int = 0) -> float:
    """Two-sided p of no difference: were the runs alike, each clip's difference could as well have the other sign.

    p = share of the assignments of signs to clips whose |sum| is at least the one found

    Clips are flipped, not references: the references of a clip share its pixels and its sound.

    Args:
        difference_K: of every reference, weighted as it counts.
        clip_of: the clip of each.
        seed: of the random assignments; not looked at where all can be enumerated.
    Returns:
        A fraction in (0, 1]: exact for up to 13 clips, else with the assignment found counted among `FLIPS` random
        ones, so that it is never below 1 / (FLIPS + 1). 1 for a single clip, which tells nothing.
    """
    clips, clip_K = np.unique(clip_of, return_inverse=True)
    sum_B = np.bincount(clip_K, np.asarray(difference_K, np.float64))
    if len(clips) < 2:
        return 1.0
    tested = permutation_test(
        (sum_B,), _size, permutation_type="samples", alternative="greater", vectorized=True,
        n_resamples=FLIPS, batch=500, rng=np.random.default_rng(seed),
    )  # fmt: skip
    return float(tested.pvalue)


def _size(sum_B: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    return np.abs(sum_B.sum(axis=axis))


def mcnemar_p(only_one: int, only_other: int) -> float:
    """Exact two-sided p of McNemar's test: are those that only one run has right more than those of the other?

    Looks at references one by one: it does not know that some share a clip.

    Args:
        only_one: references that only one of the runs has right.
        only_other: that only the other has right.
    Returns:
        A fraction in (0, 1]; 1 where the runs are right about the same references.
    """
    changed = only_one + only_other
    return float(binomtest(only_one, changed, 0.5).pvalue) if changed else 1.0
