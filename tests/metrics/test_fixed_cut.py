"""J and F of masks as they are, against the article's worked numbers on 8 x 8 frames."""

import numpy as np
import pytest

from tests.metrics.test_measures import CASES, EMPTY, FOUR, TRUTH
from tgs.metrics.fixed_cut import f_per_frame, union_jaccard_per_frame

ARTICLE = {
    "perfect": (1, 1),
    "shifted by 2": (1 / 3, 0.5),
    "too wide": (2 / 3, 0.8),
    "too narrow": (0.5, 2 / 3),
    "empty": (0, 0),
    "disjoint": (0, 0),
    "full": (0.25, 0.4),
    "both empty": (1, 0),
    "nobody there, 4 px claimed": (0, 0),
    "perfect + missed": (0.5, 0.5),
    "perfect + both empty": (1, 0.5),
    "perfect + 4 px on an empty truth": (0.5, 0.5),
    "perfect + shifted": (2 / 3, 0.75),
}


@pytest.mark.parametrize("name", ARTICLE)
def test_worked_numbers_of_the_article(name):
    pred_NHW, truth_NHW = (np.stack(CASES[name][side]) for side in (0, 1))
    expected_j, expected_f = ARTICLE[name]
    assert union_jaccard_per_frame(pred_NHW, truth_NHW).mean() == pytest.approx(expected_j)
    f1_N = f_per_frame(pred_NHW, truth_NHW, beta_squared=1, both_empty=0)
    assert f1_N.mean() == pytest.approx(expected_f)


def test_f_beta_of_a_mask_that_is_too_wide_or_too_narrow():
    """P 2/3 and R 1: 1.3 * 2/3 / (0.2 + 1); P 1 and R 1/2: 1.3 / 2 / (0.3 + 1/2)."""
    (wide,), (narrow,) = CASES["too wide"][0], CASES["too narrow"][0]
    frames_N = f_per_frame(np.stack([wide, narrow]), np.stack([TRUTH, TRUTH]), beta_squared=0.3, both_empty=1)
    assert frames_N == pytest.approx([0.722222, 0.8125], abs=1e-6)


def test_empty_frames_are_right_only_together():
    frames_N = f_per_frame(
        np.stack([EMPTY, FOUR, EMPTY]), np.stack([EMPTY, EMPTY, TRUTH]), beta_squared=0.3, both_empty=1
    )
    assert frames_N.tolist() == [1, 0, 0]
