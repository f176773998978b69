"""Masks of a segmenter that follows objects are kept by all boxes of a reference; a store never gives wrong ones."""

from pathlib import Path

import numpy as np
import pytest

from tgs.pipeline.outline import tracked
from tgs.pipeline.recall import Recall
from tgs.pipeline.stage import Stage
from tgs.pipeline.store import Store
from tgs.types import Clip, Footage, Masks

NONE = np.zeros((0, 4), np.float32)
ONE = np.array([[1, 2, 5, 6.5]], np.float32)
OTHER = np.array([[3, 2, 7, 6]], np.float32)
BOTH = np.concatenate([ONE, OTHER])
FRAMES = np.zeros((3, 8, 8, 3), np.uint8)


class StandInFollower:
    """Every frame's map tells the sum of all boxes of the reference."""

    def __init__(self):
        self.asked = []

    def segment(self, frames_NHWC, boxes):
        self.asked += boxes
        sums = [sum(float(boxes_K4.sum()) for boxes_K4 in per_frame) for per_frame in boxes]
        return [Masks(np.full(frames_NHWC.shape[:3], round(one), np.uint8)) for one in sums]


def followed(folder: Path | None, *boxes, identity="S", content="c"):
    """What the references' maps tell, and how many of them were followed."""
    model = StandInFollower()
    footage = Footage.of(Clip("a", FRAMES, np.zeros(1, np.float32)), content)
    recall = Recall(None if folder is None else Store(folder))
    masks = tracked(footage, boxes, Stage.of(model, identity), recall)
    assert all(one.soft_NHW.shape == (3, 8, 8) for one in masks)
    assert all((one.soft_NHW == one.soft_NHW[0, 0, 0]).all() for one in masks)
    return [int(one.soft_NHW[0, 0, 0]) for one in masks], len(model.asked)


def test_a_second_run_hits(tmp_path):
    boxes = [[ONE, NONE, OTHER], [NONE, NONE, NONE], [ONE, NONE, OTHER]]
    assert followed(None, *boxes) == ([32, 0, 32], 3)
    assert followed(tmp_path, *boxes) == ([32, 0, 32], 2)  # equal references are one
    assert followed(tmp_path, *boxes) == ([32, 0, 32], 0)


@pytest.mark.parametrize(
    ("boxes", "sum_"),
    [
        ([ONE, NONE, OTHER + 1], 36),  # another frame's box
        ([ONE, NONE, NONE], 14),
        ([ONE, OTHER, NONE], 32),  # the same box elsewhere
        ([BOTH, NONE, NONE], 32),
        ([OTHER, NONE, ONE], 32),
    ],
)
def test_any_other_box_on_any_frame_misses(tmp_path, boxes, sum_):
    followed(tmp_path, [ONE, NONE, OTHER])
    assert followed(tmp_path, boxes) == ([sum_], 1)
    assert followed(tmp_path, [ONE, NONE, OTHER], boxes) == ([32, sum_], 0)


@pytest.mark.parametrize("change", [{"identity": "S2"}, {"content": "c2"}])
def test_another_segmenter_or_clip_misses(tmp_path, change):
    followed(tmp_path, [ONE, NONE, OTHER])
    assert followed(tmp_path, [ONE, NONE, OTHER], **change) == ([32], 1)
