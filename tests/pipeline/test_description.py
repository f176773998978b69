"""Which text reaches the detector."""

import pytest

from tgs.pipeline.description import describe
from tgs.types import Policy, Reference, Split, Thought, ThoughtStatus

REFERENCE = Reference(3, "a_0_10000_guitar_1", "a_0_10000", Split.test_s, 0, "guitar", "The loudest object.")
NULL = Reference(4, "null_m-a_0_10000_null_1", "null_m-a_0_10000", Split.test_n, 0, "null", "The loudest object.")


def thought(**changes):
    values = {
        "status": ThoughtStatus.ok,
        "reasoning": "r",
        "fine": "a loud guitar",
        "simple": "guitar",
        "is_null": False,
        "raw": "...",
    }
    return Thought(**{**values, **changes})


@pytest.mark.parametrize(
    ("policy", "text"),
    [
        (Policy.fine, "a loud guitar"),
        (Policy.simple, "guitar"),
        (Policy.raw, "The loudest object."),
        (Policy.category, "guitar"),
    ],
)
def test_each_policy_has_its_own_text(policy, text):
    assert describe(policy, REFERENCE, thought()) == text


@pytest.mark.parametrize("policy", [Policy.fine, Policy.simple])
def test_a_null_thought_asks_for_nothing(policy):
    null = thought(fine="null", simple="null", is_null=True)
    assert describe(policy, REFERENCE, null) is None


@pytest.mark.parametrize("status", [ThoughtStatus.cut, ThoughtStatus.malformed])
def test_a_thought_that_cannot_be_read_asks_for_nothing(status):
    assert describe(Policy.simple, REFERENCE, thought(status=status, fine=None, simple=None)) is None


def test_the_true_category_of_a_null_row_is_nothing_but_its_raw_text_is_asked():
    assert describe(Policy.category, NULL, None) is None
    assert describe(Policy.raw, NULL, None) == "The loudest object."


@pytest.mark.parametrize(("policy", "known"), [(Policy.simple, None), (Policy.box, thought())])
def test_what_has_no_text_is_refused(policy, known):
    with pytest.raises(ValueError, match="no description"):
        describe(policy, REFERENCE, known)
