"""The tiny language model's tokenizer: every word of the made benchmark is one token, all other words are spelled.

Words and punctuation are kept apart (`guitar,` is `guitar` and `,`), a hyphenated word is one word, letters are
lower case, and every run of blanks and line ends counts as one blank: a tiny model has better things to learn than
where lines break. All printable ASCII can be written; other characters become <unk>.

The vocabulary is a list of words and letters (WordPiece), not byte-pair merges: merges would need twice as many
tokens for the same words, half of them never used, and would depend on the order in which ties are broken.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable
from typing import TYPE_CHECKING

from tgs.errors import DataError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

BASE_SPECIALS = ("<pad>", "<s>", "</s>", "<unk>")
"""The first ids. The 21 published tokens come after the vocabulary, as in the published model."""

_WORD = r"[a-z0-9]+(?:-[a-z0-9]+)*|[^\sa-z0-9]"
_INSIDE = "##"
_LONGEST = 1000


def words_of(text: str) -> list[str]:
    """Splits a text the way the tokenizer does.

    >>> words_of("The far-left guitar, loud.")
    ['the', 'far-left', 'guitar', ',', 'loud', '.']
    """
    return re.findall(_WORD, text.lower())


def build_tokenizer(corpus: Iterable[str]) -> PreTrainedTokenizerFast:
    """Makes a tokenizer in which every word of the corpus is one token.

    Args:
        corpus: texts; only which words they hold matters, not how often.

    Returns:
        Ids: base specials, letters and signs, the same inside a word, then the words in alphabetical order.

    Raises:
        DataError: no words, or a word that cannot be spelled in printable ASCII.
    """
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    signs = sorted(set(string.printable.lower()) - set(string.whitespace))
    words = {word for text in corpus for word in words_of(text)}
    foreign = sorted(word for word in words if not set(word) <= set(signs))
    if not words or foreign:
        raise DataError(
            f"the tokenizer's corpus has {len(words)} words, not in ASCII: {foreign[:5]}; give it the texts"
        )
    listed = [*BASE_SPECIALS, *signs, *(_INSIDE + sign for sign in signs), *sorted(words - set(signs))]
    vocabulary = {token: index for index, token in enumerate(listed)}
    tokenizer = Tokenizer(
        models.WordPiece(
            vocabulary, unk_token="<unk>", continuing_subword_prefix=_INSIDE, max_input_chars_per_word=_LONGEST
        )
    )
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(_WORD), behavior="removed", invert=True)
    tokenizer.decoder = decoders.Sequence(
        [
            decoders.WordPiece(prefix=_INSIDE, cleanup=False),
            decoders.Fuse(),
            decoders.Replace(" ,", ","),
            decoders.Replace(" .", "."),
        ]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        bos_token="<s>",
        eos_token="</s>",
        unk_token="<unk>",
        clean_up_tokenization_spaces=False,
    )
