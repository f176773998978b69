"""Choosing boxes: two boxes in the wrong order tell every rule apart."""

import numpy as np
import pytest

from tgs.errors import ConfigError
from tgs.ground.select import Choice, choose, comparable, overlaps
from tgs.types import Detections

FOUND = Detections(
    boxes_K4=np.array([[0, 0, 1, 1], [0, 0, 2, 2], [0, 0, 3, 3], [0, 0, 4, 4]], np.float32),
    scores_K=np.array([0.1, 0.3, 0.8, 0.3], np.float32),
)


def sides(boxes_K4: np.ndarray) -> list[int]:
    return boxes_K4[:, 2].astype(int).tolist()


@pytest.mark.parametrize(
    ("choice", "threshold", "max_boxes", "expected"),
    [
        (Choice.best, 0.2, 5, [3]),
        (Choice.first, 0.2, 5, [2]),
        (Choice.all, 0.2, 5, [3, 2, 4]),  # best first, equal scores in query order
        (Choice.all, 0.2, 2, [3, 2]),
        (Choice.all, 0.0, 5, [3, 2, 4, 1]),
        (Choice.best, 0.9, 5, []),
    ],
)
def test_choice(choice: Choice, threshold: float, max_boxes: int, expected: list[int]) -> None:
    assert sides(choose(FOUND, box_threshold=threshold, choice=choice, max_boxes=max_boxes)) == expected


def test_a_score_equal_to_the_threshold_does_not_pass() -> None:
    exact = Detections(FOUND.boxes_K4[:1], np.array([0.5], np.float32))
    assert choose(exact, box_threshold=0.5).shape == (0, 4)


def test_no_detection_gives_no_box() -> None:
    nothing = Detections(np.zeros((0, 4), np.float32), np.zeros(0, np.float32))
    for choice in Choice:
        assert choose(nothing, box_threshold=0.1, choice=choice).shape == (0, 4)


def test_bad_settings_are_refused() -> None:
    with pytest.raises(ConfigError, match="max_boxes"):
        choose(FOUND, box_threshold=0.1, max_boxes=0)


ROW = Detections(  # three places: 0 to 10 (twice, overlapping by 8 / 12), 20 to 30, 40 to 50
    boxes_K4=np.array([[40, 0, 50, 10], [0, 0, 10, 10], [2, 0, 12, 10], [20, 0, 30, 10]], np.float32),
    scores_K=np.array([0.3, 0.8, 0.7, 0.5], np.float32),
)


def test_overlap_is_the_shared_area_over_the_joint_one() -> None:
    found = overlaps(ROW.boxes_K4[1], np.vstack([ROW.boxes_K4, [[5, 5, 5, 9]]]).astype(np.float32))
    assert found == pytest.approx([0, 1, 80 / 120, 0, 0])
    assert overlaps(ROW.boxes_K4[1], np.zeros((0, 4), np.float32)).shape == (0,)


@pytest.mark.parametrize(
    ("share", "threshold", "expected"),
    [
        (0.6, 0.1, [1, 3]),  # 0.5 > 0.48; 0.7 lies on the best box
        (0.65, 0.1, [1]),  # 0.5 < 0.52
        (0.3, 0.1, [1, 3, 0]),
        (0.3, 0.4, [1, 3]),  # what may not become a box is no rival
        (0.0, 0.9, []),
        (1.0, 0.1, [1]),  # the best box is always among them
    ],
)
def test_comparable_boxes_score_nearly_as_well_elsewhere(share: float, threshold: float, expected: list[int]) -> None:
    assert comparable(ROW, box_threshold=threshold, share=share).tolist() == expected


def test_nothing_is_comparable_where_nothing_was_found() -> None:
    nothing = Detections(np.zeros((0, 4), np.float32), np.zeros(0, np.float32))
    assert comparable(nothing, box_threshold=0.1, share=0.5).shape == (0,)
