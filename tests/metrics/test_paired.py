"""Paired tests against enumeration, by hand and by binomial coefficients."""

from itertools import product
from math import comb

import numpy as np
import pytest

from tgs.metrics.paired import FLIPS, mcnemar_p, sign_flip_p


def enumerated(sums):
    """Every assignment of signs, one after the other."""
    flipped = [abs(np.dot(signs, sums)) for signs in product([1, -1], repeat=len(sums))]
    return np.mean([size >= abs(sum(sums)) - 1e-12 for size in flipped])


def test_three_clips_that_agree_are_two_of_eight():
    assert sign_flip_p([0.1, 0.2, 0.4], ["a", "b", "c"]) == 2 / 8
    assert sign_flip_p([-0.1, -0.2, -0.4], ["a", "b", "c"]) == 2 / 8


@pytest.mark.parametrize("clips", [2, 5, 10])
def test_few_clips_are_enumerated(clips):
    differences = np.random.default_rng(clips).normal(0.3, 1, clips)
    assert sign_flip_p(differences, [f"v{i}" for i in range(clips)]) == pytest.approx(enumerated(differences))


def test_the_references_of_a_clip_flip_together():
    """+1 and -1 in one clip are nothing; alone they would be two coins."""
    assert sign_flip_p([1, -1, 3, 2], ["a", "a", "b", "c"]) == enumerated([0, 3, 2]) == 0.5
    assert sign_flip_p([1, 1, 1, 1], ["a", "a", "a", "a"]) == 1


def test_many_clips_are_sampled_near_the_exact_share_and_never_give_nought():
    clips = [f"v{i:02d}" for i in range(16)]
    differences = np.random.default_rng(3).normal(0.4, 1, 16)
    p = sign_flip_p(differences, clips)
    assert p == pytest.approx(enumerated(differences), abs=0.02)
    assert p == sign_flip_p(differences, clips)
    assert p != sign_flip_p(differences, clips, seed=1)
    assert sign_flip_p(np.ones(40), [f"v{i}" for i in range(40)]) == 1 / (FLIPS + 1)


def test_no_difference_is_no_evidence():
    assert sign_flip_p([0, 0, 0], ["a", "b", "c"]) == 1


@pytest.mark.parametrize(("only_one", "only_other", "p"), [(0, 0, 1), (3, 3, 1), (0, 5, 2 / 32), (1, 5, 14 / 64)])
def test_mcnemar_by_hand(only_one, only_other, p):
    """Six coins, at most one of them heads: (1 + 6) / 64 on either side."""
    assert mcnemar_p(only_one, only_other) == pytest.approx(p)
    assert mcnemar_p(only_other, only_one) == pytest.approx(p)


def test_mcnemar_is_two_tails_of_the_binomial():
    assert mcnemar_p(8, 23) == pytest.approx(2 * sum(comb(31, k) for k in range(9)) / 2**31)
