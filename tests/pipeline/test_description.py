"""Which text reaches the detector."""

from dataclasses import replace

import pytest

from tgs.pipeline.description import TextRule, believed, first_text
from tgs.types import THINKING, DecidedBy, NullIn, Policy, Reference, Split, Thought, ThoughtStatus, Unparsed

REFERENCE = Reference(3, "a_0_10000_guitar_1", "a_0_10000", Split.test_s, 0, "guitar", "The loudest object.")
NULL = Reference(4, "null_m-a_0_10000_null_1", "null_m-a_0_10000", Split.test_n, 0, "null", "The loudest object.")


CUT = {"status": ThoughtStatus.cut, "fine": None, "simple": None}
NOBODY = {"fine": "null", "simple": "null", "is_null": True}
IN_TEST_N = TextRule(null_in=NullIn.test_n)
THINKS = sorted(THINKING)


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
    ("policy", "text", "by"),
    [
        (Policy.fine, "a loud guitar", DecidedBy.fine),
        (Policy.simple, "guitar", DecidedBy.simple),
        (Policy.adaptive, "guitar", DecidedBy.simple),
        (Policy.raw, "The loudest object.", DecidedBy.raw),
        (Policy.category, "guitar", DecidedBy.category),
    ],
)
def test_each_policy_has_its_own_text(policy, text, by):
    assert first_text(policy, REFERENCE, thought()) == (text, by)


@pytest.mark.parametrize("policy", THINKS)
@pytest.mark.parametrize("asked", [REFERENCE, NULL])
def test_a_null_thought_asks_for_nothing(policy, asked):
    assert first_text(policy, asked, thought(**NOBODY)) == (None, None)


@pytest.mark.parametrize("policy", THINKS)
def test_where_null_counts_in_test_n_only_the_word_is_asked_for_elsewhere(policy):
    text, by = first_text(policy, REFERENCE, thought(**NOBODY), IN_TEST_N)
    assert (text, by) == ("null", DecidedBy.fine if policy is Policy.fine else DecidedBy.simple)
    assert first_text(policy, NULL, thought(**NOBODY), IN_TEST_N) == (None, None)
    val_null = replace(NULL, split=Split.val)  # null rows of other splits are no exception
    assert first_text(policy, val_null, thought(**NOBODY), IN_TEST_N)[0] == "null"


def test_in_test_n_null_is_the_very_word_that_would_be_asked_for():
    loud = thought(simple="Null", is_null=True)
    assert first_text(Policy.simple, NULL, loud, IN_TEST_N)[0] == "Null"
    described = thought(fine="a loud guitar", simple="null", is_null=True)
    assert first_text(Policy.fine, NULL, described, IN_TEST_N)[0] == "a loud guitar"
    assert first_text(Policy.simple, NULL, described, IN_TEST_N)[0] is None


@pytest.mark.parametrize("policy", THINKS)
@pytest.mark.parametrize("status", [ThoughtStatus.cut, ThoughtStatus.malformed])
@pytest.mark.parametrize(
    ("unparsed", "asked"),
    [
        (Unparsed.none, (None, None)),
        (Unparsed.raw, ("The loudest object.", DecidedBy.raw)),
        (Unparsed.error, ("Error", DecidedBy.error)),
    ],
)
def test_what_becomes_of_a_thought_that_cannot_be_read(policy, status, unparsed, asked):
    bad = thought(status=status, fine=None, simple=None)
    assert first_text(policy, REFERENCE, bad, TextRule(unparsed=unparsed)) == asked
    assert first_text(policy, REFERENCE, thought(), TextRule(unparsed=unparsed)) == first_text(
        policy, REFERENCE, thought()
    )


@pytest.mark.parametrize("policy", [Policy.raw, Policy.category])
def test_no_rule_about_thoughts_touches_a_policy_that_has_none(policy):
    rule = TextRule(Unparsed.error, NullIn.test_n, extra_dot=True)
    assert first_text(policy, REFERENCE, None, rule) == first_text(policy, REFERENCE, None)


def test_a_thought_read_tag_by_tag_may_hold_one_of_two_texts():
    half = thought(status=ThoughtStatus.malformed, fine=None)
    rule = TextRule(Unparsed.error)
    assert first_text(Policy.simple, REFERENCE, half, rule)[0] == "guitar"
    assert first_text(Policy.fine, REFERENCE, half, rule)[0] == "Error"


@pytest.mark.parametrize(
    ("simple", "plain", "closed"), [("guitar", "guitar", "guitar."), ("a dog.", "a dog.", "a dog..")]
)
def test_an_extra_dot_is_put_behind_every_description(simple, plain, closed):
    assert first_text(Policy.simple, REFERENCE, thought(simple=simple))[0] == plain
    assert first_text(Policy.simple, REFERENCE, thought(simple=simple), TextRule(extra_dot=True))[0] == closed


def test_a_blank_description_is_none_unless_a_dot_is_put_behind_it():
    blank = thought(status=ThoughtStatus.malformed, simple="")
    assert first_text(Policy.simple, REFERENCE, blank) == (None, None)
    assert first_text(Policy.simple, REFERENCE, blank, TextRule(extra_dot=True)) == (".", DecidedBy.simple)
    error = first_text(Policy.simple, REFERENCE, thought(**CUT), TextRule(Unparsed.error, extra_dot=True))
    assert error == ("Error.", DecidedBy.error)


def test_the_true_category_of_a_null_row_is_nothing_but_its_raw_text_is_asked():
    assert first_text(Policy.category, NULL, None)[0] is None
    assert first_text(Policy.raw, NULL, None)[0] == "The loudest object."


@pytest.mark.parametrize(("policy", "known"), [(Policy.simple, None), (Policy.box, thought())])
def test_what_has_no_text_is_refused(policy, known):
    with pytest.raises(ValueError, match="no description"):
        first_text(policy, REFERENCE, known)


@pytest.mark.parametrize(("doubt", "is_null"), [(None, False), (0.6, False), (0.61, True), (1.0, True)])
def test_a_name_in_greater_doubt_than_allowed_becomes_a_null_answer(doubt, is_null):
    said = believed(thought(doubt=doubt), 0.6)
    assert said.is_null is is_null
    assert (said.simple, said.doubt) == ("guitar", doubt)  # the record shows what was not believed


def test_only_names_are_doubted_and_a_limit_of_1_never_does():
    cut = thought(**CUT, doubt=1.0)
    null = thought(simple="null", is_null=True, doubt=1.0)
    assert believed(cut, 0.0) is cut
    assert believed(null, 0.0) is null
    assert not believed(thought(doubt=1.0), 1.0).is_null
