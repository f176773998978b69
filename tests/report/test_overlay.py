"""Strips: where the mask, the box and the outline land."""

import numpy as np

from tgs.report.overlay import PREDICTED, TRUE, Strip, draw


def test_boxes_lie_above_masks_and_words_below():
    frames = np.zeros((10, 40, 60, 3), np.uint8)
    mask, truth = np.zeros((2, 10, 40, 60), bool)
    mask[0, 5:10, 5:10] = True
    truth[0, 20:30, 20:30] = True
    boxes = [np.array([[5, 5, 10, 10]], np.float32)] + [np.zeros((0, 4), np.float32)] * 9
    picture = np.asarray(draw(Strip(frames, boxes, mask, truth, ["a line", ""])))
    assert picture.shape[:2] == (2 * 40 + 2 * 18 + 8, 4 * 60)
    above, below = picture[:40], picture[40:80]
    assert tuple(above[5, 7]) == PREDICTED  # the box's edge
    assert tuple(above[8, 8]) == (0, 0, 0)  # inside of it
    assert tuple(below[7, 7]) == tuple(value // 2 for value in PREDICTED)
    assert tuple(below[20, 25]) == TRUE
    assert tuple(below[25, 25]) == (0, 0, 0)  # inside of the outline
    assert not below[:, 60:].any()  # the next frame has nothing on it
    assert (picture[84:] < 128).any()  # letters
