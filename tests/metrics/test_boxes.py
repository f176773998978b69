"""Overlap of sets of boxes, worked out by hand and against pixels."""

import numpy as np
import pytest

from tgs.metrics.boxes import region_iou


@pytest.mark.parametrize(
    ("one", "other", "overlap"),
    [
        ([[0, 0, 4, 4]], [[0, 0, 4, 4]], 1),
        ([[0, 0, 4, 4]], [[2, 0, 6, 4]], 8 / 24),
        ([[0, 0, 4, 4]], [[4, 0, 8, 4]], 0),  # they only touch
        ([[0, 0, 4, 2], [0, 2, 4, 4]], [[0, 0, 4, 4]], 1),  # two halves cover the whole
        ([[0, 0, 4, 4], [0, 0, 4, 4], [4, 0, 8, 4]], [[0, 0, 4, 4]], 0.5),  # a box twice counts once
        ([[0, 0, 4, 4]], [], 0),
        ([], [[0, 0, 4, 4]], 0),
        ([], [], 1),
    ],
)
def test_by_hand(one, other, overlap):
    assert region_iou(one, other) == pytest.approx(overlap)


def test_as_pixels_count():
    rng = np.random.default_rng(0)
    for _ in range(20):
        corners = rng.integers(0, 12, (7, 2, 2))
        boxes_K4 = np.concatenate([corners.min(axis=1), corners.max(axis=1) + 1], axis=1)
        painted = np.zeros((2, 16, 16), bool)
        for index, (x0, y0, x1, y1) in enumerate(boxes_K4):
            painted[index // 4, y0:y1, x0:x1] = True
        pixels = (painted[0] & painted[1]).sum() / (painted[0] | painted[1]).sum()
        assert region_iou(boxes_K4[:4], boxes_K4[4:]) == pytest.approx(pixels)
