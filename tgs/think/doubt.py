"""How unsure a thought is, from the probabilities of its own tokens."""

from __future__ import annotations

from collections.abc import Sequence

DECISION = "relatesto"
"""Where a chain turns from what is there to whom the reference means: "The reference relates to ...", blanks aside.
Source: the article's form of the reasoning."""

_BLANKS = str.maketrans("", "", "▁Ġ \n")
"""What tokenizers write in place of a blank (sentencepiece, byte-level BPE)."""


def doubt(words: Sequence[str], probabilities: Sequence[float]) -> float | None:
    """1 - the probability of the least likely token of the decision.

    The decision is what follows the last "relates to", or the whole text where a chain has none. What comes before
    restates the reference and captions the clip, and there the least likely token is about some other object, mostly
    a second or a place that hardly matters. The least likely token, not the mean: a chain is one decision amid dozens
    of tokens that follow from it or from the form, and that drown it in a mean.

    Args:
        words: the generated tokens as the tokenizer spells them.
        probabilities: of each of them.
    Returns:
        A fraction in [0, 1]; None if nothing was generated, or nothing after the last "relates to".
    """
    text, ends = "", []
    for word in words:
        text += word.translate(_BLANKS).lower()
        ends.append(len(text))
    begin = text.rfind(DECISION)
    after = 0 if begin < 0 else begin + len(DECISION)
    said = [p for end, p in zip(ends, probabilities, strict=True) if end > after]
    return 1 - min(said) if said else None
