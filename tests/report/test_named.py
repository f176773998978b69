"""How often the right object is named, of records written by hand."""

import pytest

from tgs.report.named import named
from tgs.stickers.wording import Kind
from tgs.types import SOUND_DEPENDENT


def row(category, simple, kind="", split="test_s", is_null=False, status="ok"):
    thought = {"status": status, "simple": simple, "is_null": is_null}
    return {"split": split, "kind": kind, "category": category, "thought": thought}


ROWS = [
    row("dog", "dog", "sound"),
    row("dog", "Dog", "position"),
    row("dog", "cat", "order"),
    row("dog", "null", "audiovisual", is_null=True),
    row("cat", None, "named", "test_u", status="cut"),
    row("null", "null", "null", "test_n", is_null=True),
    row("null", "dog", "null", "test_n", is_null=True),  # not believed: thresholds.doubt
    row("null", "dog", "null", "test_n"),
]


def shares(part):
    return {name: (one["right"], one["of"]) for name, one in part.items()}


def test_a_thought_is_right_if_it_names_the_category_or_rightly_nobody():
    found = named(ROWS)
    assert (found["share"], found["right"], found["of"]) == (0.5, 4, 8)
    assert shares(found["splits"]) == {"test_n": (2, 3), "test_s": (2, 4), "test_u": (0, 1)}
    assert shares(found["kinds"]) == {
        "audiovisual": (0, 1), "named": (0, 1), "null": (2, 3), "order": (0, 1), "position": (1, 1), "sound": (1, 1),
    }  # fmt: skip


def test_ears_are_needed_for_sound_order_and_audiovisual():
    assert named(ROWS)["sound_dependent"] == {"share": pytest.approx(1 / 3), "right": 1, "of": 3}
    assert set(Kind) > SOUND_DEPENDENT


def test_null_said_of_somebody_who_is_there_is_counted():
    assert named(ROWS)["false_null"] == {"share": 0.2, "right": 1, "of": 5}


def test_a_benchmark_without_kinds_has_none():
    found = named([row("dog", "dog")])
    assert found["kinds"] == {}
    assert found["sound_dependent"] == {"share": None, "right": 0, "of": 0}


def test_policies_that_do_not_think_name_nothing():
    assert named([{**row("dog", "dog"), "thought": None}]) is None
