import re

import pytest

from tgs.think.parse import parse_thought
from tgs.types import Reading, ThoughtStatus

GOOD = "<think>\nit sounds.\n</think>\n<answer>\n<f_object> a loud dog </f_object>\n<s_object> dog </s_object>"


def test_a_thought_that_stops_after_the_category():
    thought = parse_thought(GOOD, finished=True)
    assert thought.status is ThoughtStatus.ok
    assert (thought.reasoning, thought.fine, thought.simple, thought.is_null) == (
        "it sounds.",
        "a loud dog",
        "dog",
        False,
    )
    assert thought.raw == GOOD


def test_what_follows_the_category_is_not_read():
    tail = "\nThe corresponding bbox is: <frame> <box> 1 2 3 4 </box> </frame>\n</answer>"
    again = "</answer><s_object> cat </s_object>"
    for text in (GOOD + tail, GOOD + again):
        assert parse_thought(text, finished=True).simple == "dog"


@pytest.mark.parametrize(
    ("text", "fine", "simple"),
    [
        ("<think></think><answer><f_object>a dog</f_object><s_object>dog</s_object>", "a dog", "dog"),
        ("<think> x </think> <answer> <f_object>\n a\n dog </f_object> <s_object>\tdog\n</s_object>", "a dog", "dog"),
        (" well: <think> x </think> so <answer> <f_object> a </f_object> thus <s_object> b </s_object>", "a", "b"),
        ("<think>x</think><answer><f_object>a < b > c</f_object><s_object>saw</s_object>", "a < b > c", "saw"),
    ],
)  # fmt: skip
def test_blanks_and_words_around_tags_do_not_matter(text, fine, simple):
    thought = parse_thought(text, finished=True)
    assert (thought.status, thought.fine, thought.simple) == (ThoughtStatus.ok, fine, simple)


@pytest.mark.parametrize("word", ["null", "Null", " NULL "])
def test_nobody_fits(word):
    text = f"<think> x </think><answer><f_object> null </f_object><s_object>{word}</s_object>"
    thought = parse_thought(text, finished=True)
    assert thought.status is ThoughtStatus.ok
    assert thought.is_null


def test_only_the_category_says_null():
    text = "<think> null </think><answer><f_object> null </f_object><s_object> nullifier </s_object>"
    assert not parse_thought(text, finished=True).is_null


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "dog",
        "Error",
        GOOD.replace("<think>", ""),
        GOOD.replace("</think>", ""),
        GOOD.replace("<answer>", ""),
        GOOD.replace("<f_object>", ""),
        GOOD.replace("</f_object>", ""),
        GOOD.replace("<s_object>", ""),
        GOOD.replace("</s_object>", ""),
        GOOD.replace(" a loud dog ", ""),  # blank description
        GOOD.replace(" a loud dog ", " \n "),
        GOOD.replace("> dog <", "> <"),  # blank category
        GOOD.replace("<think>", "<think><think>"),  # twice
        GOOD.replace("<answer>", "<answer><answer>"),
        GOOD.replace("<answer>", "</answer><answer>"),
        GOOD.replace("a loud dog", "a <f_object> loud </f_object> dog"),  # nested
        GOOD.replace("a loud dog", "a <s_object> dog"),
        GOOD.replace("it sounds.", "it <f_object> sounds </f_object>"),  # an answer inside the reasoning
        GOOD.replace("it sounds.", "<s_object> cat </s_object>"),
        GOOD.replace("a loud dog", "<video>"),  # a placeholder is no description
        GOOD.replace("<think>", "<box>").replace("</think>", "</box>"),
        "<answer><f_object>a</f_object><s_object>b</s_object><think>x</think>",  # out of order
        "<think>x</think><answer><s_object>b</s_object><f_object>a</f_object>",
        GOOD.replace("<", "< "),  # no tags at all
        GOOD.upper(),  # tags are lower case
    ],
)
def test_anything_else_has_no_description_and_never_the_word_error(text):
    for finished, status in ((True, ThoughtStatus.malformed), (False, ThoughtStatus.cut)):
        thought = parse_thought(text, finished=finished)
        assert thought.status is status
        assert (thought.fine, thought.simple, thought.is_null) == (None, None, False)
        assert thought.raw == text


def test_a_thought_cut_off_keeps_its_reasoning():
    cut = parse_thought(GOOD[:70], finished=False)
    assert (cut.status, cut.reasoning) == (ThoughtStatus.cut, "it sounds.")
    assert parse_thought("<think> it so", finished=False).reasoning == ""


def test_a_limit_that_falls_on_the_last_tag_cuts_nothing():
    assert parse_thought(GOOD, finished=False).status is ThoughtStatus.ok


def released(text: str, tag: str) -> str:
    """What the released script finds, as its own pattern has it."""
    match = re.search(rf"<{tag}>\s*(.*?)\s*</{tag}>", text, re.DOTALL)
    return match.group(1).strip() if match else "Error"


@pytest.mark.parametrize(
    ("text", "fine", "simple"),
    [
        (GOOD, "a loud dog", "dog"),
        (GOOD.replace("<think>", ""), "a loud dog", "dog"),
        (GOOD.replace("</f_object>", ""), None, "dog"),
        (GOOD.replace("<s_object>", ""), "a loud dog", None),
        (GOOD.replace("it sounds.", "<s_object> cat </s_object>"), "a loud dog", "cat"),  # its first match
        (GOOD.replace("> dog <", "> <"), "a loud dog", ""),
        (GOOD[:-12], "a loud dog", None),  # cut off before the last tag
        ("", None, None),
    ],
)
def test_tag_by_tag_each_description_is_found_on_its_own(text, fine, simple):
    thought, strict = (
        parse_thought(text, finished=True, reading=reading) for reading in (Reading.by_tag, Reading.strict)
    )
    assert (thought.fine, thought.simple) == (fine, simple)
    assert ["Error" if t is None else t for t in (fine, simple)] == [
        released(text, t) for t in ("f_object", "s_object")
    ]
    assert thought.status is strict.status  # read or not, a thought without its form is counted


def test_tag_by_tag_a_broken_thought_may_say_null():
    assert parse_thought("<s_object> null </s_object>", finished=True, reading=Reading.by_tag).is_null
    assert not parse_thought("<f_object> null </f_object>", finished=True, reading=Reading.by_tag).is_null
