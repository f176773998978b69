"""How unsure a thought is, by probabilities written by hand."""

import pytest

from tgs.think.doubt import doubt


def test_the_least_likely_token_after_the_last_relates_to_counts():
    words = ["dog", "relates", "to", "cat", ".", "relates", "to", "the", "dog", "</s_object>"]
    sure = [0.1, 0.2, 0.3, 0.4, 0.9, 0.5, 0.55, 0.9, 0.7, 0.8]
    assert doubt(words, sure) == pytest.approx(0.3)  # 1 - 0.7, the second dog


@pytest.mark.parametrize(
    "words",
    [
        ["▁The", "▁reference", "▁relates", "▁to", "▁the", "▁dog"],  # sentencepiece
        ["The", "Ġreference", "Ġrel", "ates", "Ġto", "Ġthe"],  # byte-level BPE
        ["<think>", "the", "Reference", "Relates", "To", "the"],
        ["a", "b", "c", "relates", "t", "othe"],  # a token that goes on beyond the mark
    ],
)
def test_tokenizers_may_spell_it_as_they_like(words):
    expected = {"▁dog": 0.8, "Ġthe": 0.8, "the": 0.8, "othe": 0.8}[words[-1]]
    sure = [0.1, 0.2, 0.3, 0.4, 0.9, 1 - expected]
    assert doubt(words, sure) == pytest.approx(expected)


def test_a_text_of_another_form_counts_as_a_whole():
    assert doubt(["<s_object>", "dog"], [0.25, 0.5]) == pytest.approx(0.75)


@pytest.mark.parametrize("words", [[], ["relates", "to"]])
def test_nothing_that_was_decided_is_no_doubt_that_is_known(words):
    assert doubt(words, [0.5] * len(words)) is None
