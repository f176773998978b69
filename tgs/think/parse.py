"""From the generated text to a `Thought`: strictly, so that a broken text is counted and never grounded."""

from __future__ import annotations

import re

from tgs.think.tokens import special_tokens_in
from tgs.types import NULL_CATEGORY, Reading, Thought, ThoughtStatus

_ORDER = ("<think>", "</think>", "<answer>", "<f_object>", "</f_object>", "<s_object>", "</s_object>")


def parse_thought(text: str, *, finished: bool, reading: Reading = Reading.strict) -> Thought:
    """Read a thought.

    A thought is ok if its special tokens, up to the first </s_object>, are exactly <think> </think> <answer>
    <f_object> </f_object> <s_object> </s_object>, each once and in this order, and neither description is blank.
    What follows </s_object> is not read, so that </answer> may be absent; the reasoning may be empty.

    Args:
        text: what was generated, without the prompt, whose instruction holds the same tags.
        finished: whether generation ended by itself; False means that the token limit cut it off.
        reading: `by_tag` looks for the descriptions of a thought that is not ok, too, each on its own: one of them may
            be found without the other, and may be blank.
    Returns:
        A thought without descriptions unless it is ok, or was read by tag.
    Source:
        `by_tag`: released `ground_segment_with_object_text_after_thinking_for_RefAVSBench.py`, `extract_tagged_text`,
        4e144c9; what it calls "Error" is None here, see `tgs.pipeline.description`.
        DEPARTS: generation has stopped at the first </s_object>, so that no tag behind it is found.
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
    if fine and simple:
        status = ThoughtStatus.ok
    else:
        status = ThoughtStatus.malformed if finished else ThoughtStatus.cut
        by_tag = reading is Reading.by_tag
        fine, simple = (_tagged(text, tag) if by_tag else None for tag in ("f_object", "s_object"))
    is_null = simple is not None and simple.lower() == NULL_CATEGORY
    return Thought(status=status, reasoning=reasoning, fine=fine, simple=simple, is_null=is_null, raw=text)


def _tagged(text: str, tag: str) -> str | None:
    """What stands between the first opening tag that is closed at all and its closing one."""
    found = re.search(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
    return " ".join(found.group(1).split()) if found else None
