"""What a detector's answer comes to: how sure it is, when it is turned down, and the true box in its place."""

import numpy as np
import pytest

from tgs.pipeline.adaptive import Decision
from tgs.pipeline.grounded import accepted, by_detector, by_truth, nothing, true_box
from tgs.types import DecidedBy

BOX, NO_BOX = np.array([[1, 1, 5, 4]], np.float32), np.zeros((0, 4), np.float32)
DECISION = Decision(DecidedBy.simple, (BOX, NO_BOX, BOX, BOX), (0.5, 0.09, 0.7, 0.2))


def test_the_clip_score_is_the_mean_over_all_frames_and_one_without_a_box_counts_0():
    found = by_detector("dog", DECISION)
    assert found.clip_score == pytest.approx((0.5 + 0.7 + 0.2) / 4)
    assert found.scores == (0.5, 0.09, 0.7, 0.2)
    assert found.rival_frames is None


def test_rival_frames_are_the_share_of_the_frames_that_have_one():
    assert by_detector("dog", DECISION, (0, 2, 1, 1)).rival_frames == 0.75


def test_who_scores_below_the_limit_loses_every_box_and_keeps_the_scores():
    found = by_detector("dog", DECISION)
    assert found.clip_score is not None
    assert accepted(found, found.clip_score) is found
    rejected = accepted(found, found.clip_score + 1e-6)
    assert [boxes_K4.shape for boxes_K4 in rejected.boxes] == [(0, 4)] * 4
    assert (rejected.scores, rejected.clip_score) == (found.scores, found.clip_score)


def test_who_was_not_looked_for_by_a_detector_is_not_turned_down():
    truth = np.zeros((1, 6, 8), bool)
    truth[0, 2:4, 3:7] = True
    assert accepted(by_truth(truth), 1.0).boxes[0].tolist() == [[3, 2, 7, 4]]
    nobody = nothing(2)
    assert accepted(nobody, 1.0) is nobody
    assert (nobody.scores, nobody.clip_score) == ((0.0, 0.0), None)


def test_a_true_box_is_tight_with_exclusive_right_and_bottom():
    mask = np.zeros((6, 8), bool)
    mask[2, 3] = mask[4, 5] = True
    np.testing.assert_array_equal(true_box(mask), [[3, 2, 6, 5]])
