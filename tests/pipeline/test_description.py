"""Which text reaches the detector."""

import pytest

from tgs.pipeline.description import believed, describe, first_text
from tgs.types import DecidedBy, Policy, Reference, Split, Thought, ThoughtStatus, Unparsed

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
        (Policy.adaptive, "guitar"),
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


@pytest.mark.parametrize(("doubt", "is_null"), [(None, False), (0.6, False), (0.61, True), (1.0, True)])
def test_a_name_in_greater_doubt_than_allowed_becomes_a_null_answer(doubt, is_null):
    said = believed(thought(doubt=doubt), 0.6)
    assert said.is_null is is_null
    assert (said.simple, said.doubt) == ("guitar", doubt)  # the record shows what was not believed


def test_only_names_are_doubted_and_a_limit_of_1_never_does():
    cut = thought(status=ThoughtStatus.cut, fine=None, simple=None, doubt=1.0)
    null = thought(simple="null", is_null=True, doubt=1.0)
    assert believed(cut, 0.0) is cut
    assert believed(null, 0.0) is null
    assert not believed(thought(doubt=1.0), 1.0).is_null


@pytest.mark.parametrize("policy", [Policy.fine, Policy.simple, Policy.raw, Policy.category])
def test_plain_policies_start_with_their_one_text_and_pass_unparsed_over(policy):
    assert first_text(policy, REFERENCE, thought(), Unparsed.raw) == (
        describe(policy, REFERENCE, thought()), DecidedBy(policy),
    )  # fmt: skip
    cut = thought(status=ThoughtStatus.cut, fine=None, simple=None)
    if policy in (Policy.fine, Policy.simple):
        assert first_text(policy, REFERENCE, cut, Unparsed.raw) == (None, None)


def test_the_adaptive_policy_starts_with_the_category_and_may_fall_back_to_the_reference():
    cut = thought(status=ThoughtStatus.cut, fine=None, simple=None)
    null = thought(simple="null", is_null=True)
    first = [first_text(Policy.adaptive, REFERENCE, one, Unparsed.raw) for one in (thought(), cut, null)]
    assert first == [("guitar", DecidedBy.simple), ("The loudest object.", DecidedBy.raw), (None, None)]
    assert first_text(Policy.adaptive, REFERENCE, cut) == (None, None)
