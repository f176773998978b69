"""Who decides under the adaptive policy, by hand-made boxes."""

import functools

import numpy as np
import pytest

from tgs.ground.select import choose
from tgs.pipeline.adaptive import AdaptiveRule, is_open, rival_counts, settled, simply
from tgs.types import DecidedBy, Detections, Settle

LEFT, RIGHT, FAR = [0, 0, 10, 10], [20, 0, 30, 10], [40, 0, 50, 10]
NEAR_RIGHT = [21, 0, 31, 10]  # overlaps RIGHT by 9 / 11
CHOOSE = functools.partial(choose, box_threshold=0.1)


def frame(*found) -> Detections:
    """(box, score) pairs in query order."""
    boxes = np.array([box for box, _ in found], np.float32).reshape(-1, 4)
    return Detections(boxes, np.array([score for _, score in found], np.float32))


TWO = frame((RIGHT, 0.5), (LEFT, 0.6))
ONE = frame((RIGHT, 0.1), (LEFT, 0.6))
EMPTY = frame()


def decide(simple, fine, settle=Settle.fine):
    return settled(simple, fine, AdaptiveRule(settle=settle), CHOOSE, box_threshold=0.1)


def chosen(decision) -> list:
    return [boxes_K4.astype(int).tolist() for boxes_K4 in decision.boxes]


def test_rivals_are_counted_frame_by_frame():
    three = frame((RIGHT, 0.5), (LEFT, 0.6), (NEAR_RIGHT, 0.4), (FAR, 0.4))
    assert rival_counts([TWO, ONE, EMPTY, three], AdaptiveRule(), box_threshold=0.1) == (1, 0, 0, 2)
    assert rival_counts([TWO, three], AdaptiveRule(rival_share=0.9), box_threshold=0.1) == (0, 0)


@pytest.mark.parametrize(
    ("rivals", "share", "is_it"),
    [
        ((1, 3, 0, 0), 0.5, True),  # as many as are wanted
        ((1, 0, 0, 0), 0.5, False),
        ((0, 0, 0, 0), 0.0, False),  # nobody to choose from
        ((0, 0, 0, 1), 0.0, True),
        ((1, 1, 1, 0), 1.0, False),
    ],
)
def test_a_text_leaves_it_open_on_enough_frames(rivals, share, is_it):
    assert is_open(rivals, AdaptiveRule(rival_frames=share)) is is_it


def test_one_text_alone_is_the_plain_choice_with_its_best_scores():
    decision = simply([TWO, EMPTY], CHOOSE, DecidedBy.raw)
    assert (decision.by, chosen(decision)) == (DecidedBy.raw, [[LEFT], []])
    assert decision.scores == pytest.approx((0.6, 0))


def test_the_fine_text_decides_with_its_own_box_and_score():
    decision = decide([TWO, TWO], [frame((FAR, 0.3)), frame((RIGHT, 0.9), (LEFT, 0.2))])
    assert (decision.by, chosen(decision)) == (DecidedBy.fine, [[FAR], [RIGHT]])
    assert decision.scores == pytest.approx((0.3, 0.9))


def test_the_simple_text_keeps_the_frames_on_which_the_fine_one_finds_nothing():
    decision = decide([TWO, TWO, ONE], [frame((FAR, 0.3)), EMPTY, frame((FAR, 0.1))])  # 0.1 does not pass
    assert (decision.by, chosen(decision)) == (DecidedBy.fine, [[FAR], [LEFT], [LEFT]])
    assert decision.scores == pytest.approx((0.3, 0.6, 0.6))


@pytest.mark.parametrize("settle", list(Settle))
def test_a_fine_text_without_any_box_decides_nothing(settle):
    decision = decide([TWO, ONE], [EMPTY, frame((LEFT, 0.1))], settle)
    assert (decision.by, chosen(decision)) == (DecidedBy.simple, [[LEFT], [LEFT]])


def test_agreement_takes_the_simple_box_at_whose_place_the_fine_text_scores_best():
    fine = frame((LEFT, 0.3), (NEAR_RIGHT, 0.4), (FAR, 0.9))  # FAR is no candidate of the simple text
    decision = decide([TWO], [fine], Settle.agreement)
    assert (decision.by, chosen(decision)) == (DecidedBy.agreement, [[RIGHT]])
    assert decision.scores == pytest.approx((0.6,))  # how sure the simple text is that somebody is there


def test_agreement_leaves_the_best_box_where_the_fine_text_has_no_candidate_or_no_rival_is():
    fine = frame((NEAR_RIGHT, 0.4))
    decision = decide([TWO, ONE, TWO, EMPTY], [fine, fine, frame((FAR, 0.9)), fine], Settle.agreement)
    assert (decision.by, chosen(decision)) == (DecidedBy.agreement, [[RIGHT], [LEFT], [LEFT], []])
