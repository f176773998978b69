"""From the generated text to a `Thought`: strictly, so that a broken text is counted and never grounded."""

from __future__ import annotations

from tgs.think.tokens import special_tokens_in
from tgs.types import NULL_CATEGORY, Thought, ThoughtStatus

_ORDER = ("<think>", "</think>", "<answer>", "<f_object>", "</f_object>", "<s_object>", "</s_object>")


def parse_thought(text: str, *, finished: bool) -> Thought:
    """Read a thought.

    A thought is ok if its special tokens, up to the first </s_object>, are exactly <think> </think> <answer>
    <f_object> </f_object> <s_object> </s_object>, each once and in this order, and neither description is blank.
    What follows </s_object> is not read, so that </answer> may be absent; the reasoning may be empty.

    Args:
        text: what was generated, without the prompt, whose instruction holds the same tags.
        finished: whether generation ended by itself; False means that the token limit cut it off.
    Returns:
        A thought without descriptions unless it is ok. DEPARTS: the released parser takes the first match of each
        tag on its own, and sends the word "Error" to the detector where there is none.
    """
    found = []
    for token in special_tokens_in(text):
        found.append(token)
        if token.group() == "</s_object>":
            break
    reasoning = fine = simple = ""
    if [token.group() for token in found[:2]] == list(_ORDER[:2]):
        reasoning = text[found[0].end() : found[1].start()].strip()
    if tuple(token.group() for token in found) == _ORDER:
        fine = " ".join(text[found[3].end() : found[4].start()].split())
        simple = " ".join(text[found[5].end() : found[6].start()].split())
    if not fine or not simple:
        status = ThoughtStatus.malformed if finished else ThoughtStatus.cut
        return Thought(status=status, reasoning=reasoning, fine=None, simple=None, is_null=False, raw=text)
    is_null = simple.lower() == NULL_CATEGORY
    return Thought(status=ThoughtStatus.ok, reasoning=reasoning, fine=fine, simple=simple, is_null=is_null, raw=text)
