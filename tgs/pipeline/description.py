"""Which text goes to the detector."""

from __future__ import annotations

from tgs.types import Policy, Reference, Thought

THINKING = frozenset({Policy.fine, Policy.simple})
"""Policies that need a thought."""


def describe(policy: Policy, reference: Reference, thought: Thought | None) -> str | None:
    """The detector's text for one reference, or None when nothing is to be looked for.

    A thought that says that nobody fits gives None, and so does one that could not be parsed: both end in empty
    masks, and the record tells them apart by the thought's status.
    DEPARTS: the released code sends the word "error." to the detector where a tag is missing, and grounds a null
    answer as "null." outside test_n.

    Args:
        policy: any but `Policy.box`, which bypasses the detector.
        reference: the row; its category is used by `Policy.category` only.
        thought: required by `fine` and `simple`.

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
