"""Which text goes to the detector."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tgs.types import (
    NULL_CATEGORY,
    THINKING,
    DecidedBy,
    NullIn,
    Policy,
    Reference,
    Split,
    Thought,
    ThoughtStatus,
    Unparsed,
)

ERROR = "Error"
"""What the released code sends in place of a description that it does not find."""


@dataclass(frozen=True)
class TextRule:
    """How a thought becomes the detector's text. Mirrored by `tgs.config.eval.PromptConfig`.

    Attributes:
        unparsed: what becomes of a thought that cannot be read.
        null_in: where a thought may say that nobody fits.
        extra_dot: every description is closed by a '.', even one that ends in one.

    Source:
        Released `ground_segment_with_object_text_after_thinking_for_RefAVSBench.py`, 4e144c9, does the other thing in
        each: `extract_tagged_text` gives "Error", which is asked for; 'null' is compared in test_n only, with the very
        text that is asked for, so that "Null" is no null; the caption is `ref_text.lower().strip() + "."`.
    """

    unparsed: Unparsed = Unparsed.none
    null_in: NullIn = NullIn.all
    extra_dot: bool = False

    def closed(self, text: str) -> str:
        """The description as it is asked for."""
        return f"{text}." if self.extra_dot else text


PLAIN = TextRule()
"""Ours."""


def believed(thought: Thought, doubt: float) -> Thought:
    """The thought, or, if it names somebody in greater doubt than `doubt`, the same as a null one.

    Its texts stay as they are, so that the record shows what was not believed. A thought whose doubt is not known is
    believed, and 1 believes every one.
    """
    if thought.status is not ThoughtStatus.ok or thought.is_null or thought.doubt is None or thought.doubt <= doubt:
        return thought
    return replace(thought, is_null=True)


def first_text(
    policy: Policy, reference: Reference, thought: Thought | None, rule: TextRule = PLAIN
) -> tuple[str | None, DecidedBy | None]:
    """What the detector is asked for first, and whose text that is: both None when nothing is to be looked for.

    A thought that says that nobody fits asks for nothing, and so does one that could not be parsed, unless the rule
    says otherwise: both end in empty masks, and the record tells them apart by the thought's status. Only
    `Policy.adaptive` goes on from here.

    Args:
        policy: any but `Policy.box`, which bypasses the detector.
        reference: the row; its category is used by `Policy.category` only.
        thought: required by `fine`, `simple` and `adaptive`, whose first text is T_s.
        rule: what a thought's text comes to.

    Raises:
        ValueError: a thinking policy without a thought, or `Policy.box`.
    """
    if policy is Policy.raw:
        return reference.text, DecidedBy.raw
    if policy is Policy.category:
        return (None, None) if reference.is_null else (reference.category, DecidedBy.category)
    if policy not in THINKING or thought is None:
        raise ValueError(f"policy {policy} has no description from thought {thought}")
    text = thought.fine if policy is Policy.fine else thought.simple
    if _says_nobody(reference, thought, text, rule.null_in):
        return None, None
    if text is not None and rule.closed(text):
        return rule.closed(text), DecidedBy.fine if policy is Policy.fine else DecidedBy.simple
    return {
        Unparsed.none: (None, None),
        Unparsed.raw: (reference.text, DecidedBy.raw),
        Unparsed.error: (rule.closed(ERROR), DecidedBy.error),
    }[rule.unparsed]


def _says_nobody(reference: Reference, thought: Thought, text: str | None, null_in: NullIn) -> bool:
    if null_in is NullIn.all:
        return thought.is_null
    return reference.split is Split.test_n and text == NULL_CATEGORY
