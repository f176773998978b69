"""The label of one reference, from records written by hand."""

import pytest

from tgs.report.attribution import Fault, Label

TRUE, HALF_OFF, ELSEWHERE = [0, 0, 10, 10], [4, 0, 14, 10], [20, 0, 30, 10]


def record(J=0.0, S=None, status="ok", simple="dog", boxes=(TRUE,) * 4, true=(TRUE,) * 4, **changes):
    """Four frames of a dog; `boxes` has one box or None a frame."""
    thought = {"status": status, "simple": simple if status == "ok" else None, "is_null": simple == "null"}
    boxed = [[] if box is None else [box] for box in boxes]
    of = {"category": "null" if S is not None else "dog", "J": None if S is not None else J, "S": S}
    return {**of, "thought": thought, "boxes": boxed, "truth": {"boxes": list(true)}, **changes}


@pytest.mark.parametrize(
    ("one", "label"),
    [
        (record(J=0.5), Label.ok),
        (record(status="cut"), Label.parse),
        (record(status="malformed"), Label.parse),
        (record(simple="null", boxes=(None,) * 4), Label.false_null),
        (record(simple="cat"), Label.wrong_name),
        (record(simple="Dog", J=0.49), Label.bad_mask),  # upper and lower case are the same
        (record(boxes=(TRUE, None, None, None)), Label.no_box),
        (record(boxes=(ELSEWHERE, None, None, None)), Label.no_box),
        (record(boxes=(TRUE, TRUE, None, None)), Label.bad_mask),  # half of the frames, agreement 0.5
        (record(boxes=(ELSEWHERE, ELSEWHERE, None, None)), Label.wrong_box),
        (record(boxes=(HALF_OFF,) * 4), Label.wrong_box),  # 60 of 140 pixels
        (record(boxes=(TRUE, TRUE, ELSEWHERE, ELSEWHERE)), Label.bad_mask),
        (record(boxes=(TRUE, ELSEWHERE, ELSEWHERE, ELSEWHERE)), Label.wrong_box),
    ],
)
def test_references_with_an_object(one, label):
    assert Fault.of(one).label is label


@pytest.mark.parametrize(
    ("boxes", "label"),
    [
        ((TRUE, None, None, None), Label.bad_mask),  # neither box nor object on three frames: they agree
        ((TRUE, TRUE, TRUE, None), Label.bad_mask),  # 1, 0, 0, 1
        ((TRUE, TRUE, TRUE, TRUE), Label.wrong_box),  # claimed on three frames that do not show it
        ((None, TRUE, TRUE, TRUE), Label.no_box),
    ],
)
def test_frames_that_do_not_show_the_object_want_no_box(boxes, label):
    assert Fault.of(record(boxes=boxes, true=(TRUE, None, None, None))).label is label


def test_all_boxes_of_a_frame_are_judged_together():
    both = record(boxes=(TRUE,) * 4)
    both["boxes"] = [[TRUE, ELSEWHERE]] * 4
    assert Fault.of(both).label is Label.bad_mask  # 100 of 200 pixels
    both["boxes"] = [[HALF_OFF, ELSEWHERE]] * 4
    assert Fault.of(both).label is Label.wrong_box


@pytest.mark.parametrize(
    ("one", "label"),
    [
        (record(S=0.0, simple="null"), Label.ok),
        (record(S=0.2, simple="dog"), Label.missed_null),
        (record(S=0.2, status="cut"), Label.parse),  # adaptive, unparsed=raw
        (record(S=0.2, thought=None), Label.missed_null),
    ],
)
def test_references_that_fit_nobody(one, label):
    assert Fault.of(one).label is label


@pytest.mark.parametrize(
    ("one", "in_spite_of"),
    [
        (record(J=0.9), None),
        (record(J=0.9, simple="cat"), Label.wrong_name),
        (record(J=0.9, boxes=(None,) * 4), Label.no_box),
        (record(J=0.9, simple="null"), Label.false_null),
        (record(S=0.0, simple="null"), None),
        (record(S=0.0, simple="dog"), Label.missed_null),  # nobody was found
        (record(S=0.0, status="cut"), Label.parse),
    ],
)
def test_right_ones_say_what_they_got_over(one, in_spite_of):
    assert Fault.of(one) == Fault(Label.ok, in_spite_of)


def test_a_run_that_does_not_think_has_no_wrong_name():
    assert Fault.of(record(thought=None, boxes=(ELSEWHERE,) * 4)).label is Label.wrong_box
