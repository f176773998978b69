"""Fb: outlines by hand, and against numbers of DAVIS 2017's own function."""

import numpy as np
import pytest

from tests.metrics.test_golden import random_case
from tgs.metrics.boundary import boundary_f_per_frame, outline


def square(top, left, side, size=100):
    frame = np.zeros((1, size, size), dtype=bool)
    frame[0, top : top + side, left : left + side] = True
    return frame


def test_the_outline_of_one_pixel_is_it_and_the_three_before_it():
    expected = np.zeros((4, 4), dtype=bool)
    expected[1:3, 1:3] = True
    mask = np.zeros((1, 4, 4), dtype=bool)
    mask[0, 2, 2] = True
    assert (outline(mask)[0] == expected).all()


@pytest.mark.parametrize(("shift", "expected"), [(0, 1), (1, 1), (2, 1), (3, 84 / 160)])
def test_a_shift_within_the_tolerance_costs_nothing(shift, expected):
    """100 x 100 px: 0.8 % of the diagonal, rounded up, are 2 px. 3 px aside, 84 of either
    outline's 160 pixels count: 40 of 41 above and below, and 4 of the near side, within 2 px of those."""
    found = boundary_f_per_frame(square(30, 30 + shift, 40), square(30, 30, 40))[0]
    assert found == pytest.approx(expected)


def test_nothing_is_right_where_nothing_is():
    empty = np.zeros((1, 100, 100), dtype=bool)
    assert boundary_f_per_frame(empty, empty).tolist() == [1]
    assert boundary_f_per_frame(square(9, 9, 9), empty).tolist() == [0]
    assert boundary_f_per_frame(empty, square(9, 9, 9)).tolist() == [0]
    assert boundary_f_per_frame(square(9, 9, 9), square(60, 60, 9)).tolist() == [0]


@pytest.mark.parametrize(("seed", "expected"), [(0, 0.1466215), (1, 0.1518769), (2, 0.1557223)])
def test_what_davis_gives(seed, expected):
    """`f_measure` of davis2017-evaluation on the masks of these maps, each pixel 5 x 5, 60 frames."""
    soft_KNHW, truths_KNHW = random_case(seed)
    pred_NHW, truth_NHW = (
        masks.reshape(60, 24, 32).repeat(5, axis=1).repeat(5, axis=2) for masks in (soft_KNHW > 0.5, truths_KNHW)
    )
    assert boundary_f_per_frame(pred_NHW, truth_NHW).mean() == pytest.approx(expected, abs=1e-6)
