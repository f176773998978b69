"""Which text goes to the detector."""

from __future__ import annotations

from dataclasses import replace

from tgs.types import THINKING, DecidedBy, Policy, Reference, Thought, ThoughtStatus, Unparsed


def believed(thought: Thought, doubt: float) -> Thought:
    """The thought, or, if it names somebody in greater doubt than `doubt`, the same as a null one.

    Its texts stay as they are, so that the record shows what was not believed. A thought whose doubt is not known is
    believed, and 1 believes every one.
    """
    if thought.status is not ThoughtStatus.ok or thought.is_null or thought.doubt is None or thought.doubt <= doubt:
        return thought
    return replace(thought, is_null=True)


def first_text(
    policy: Policy, reference: Reference, thought: Thought | None, unparsed: Unparsed = Unparsed.none
) -> tuple[str | None, DecidedBy | None]:
    """What the detector is asked for first, and whose text that is; see `describe` for arguments and errors.

    Only `Policy.adaptive` goes on from here, and only it reads `unparsed`.
    """
    text = describe(policy, reference, thought)
    if policy is not Policy.adaptive:
        return text, None if text is None else DecidedBy(policy)
    if thought is not None and thought.status is not ThoughtStatus.ok and unparsed is Unparsed.raw:
        return reference.text, DecidedBy.raw
    return text, None if text is None else DecidedBy.simple


def describe(policy: Policy, reference: Reference, thought: Thought | None) -> str | None:
    """The detector's text for one reference, or None when nothing is to be looked for.

    A thought that says that nobody fits gives None, and so does one that could not be parsed: both end in empty
    masks, and the record tells them apart by the thought's status.
    DEPARTS: the released code sends the word "error." to the detector where a tag is missing, and grounds a null
    answer as "null." outside test_n.

    Args:
        policy: any but `Policy.box`, which bypasses the detector.
        reference: the row; its category is used by `Policy.category` only.
        thought: required by `fine`, `simple` and `adaptive`, whose first text is T_s.

    Raises:
        ValueError: a thinking policy without a thought, or `Policy.box`.
    """
    if policy is Policy.raw:
        return reference.text
    if policy is Policy.category:
        return None if reference.is_null else reference.category
    if policy not in THINKING or thought is None:
        raise ValueError(f"policy {policy} has no description from thought {thought}")
    if thought.is_null:
        return None
    return thought.fine if policy is Policy.fine else thought.simple
