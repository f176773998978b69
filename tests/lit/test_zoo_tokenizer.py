"""The tiny tokenizer keeps words whole, writes any ASCII text, and gives back what it read."""

import numpy as np
import pytest

from tgs.errors import DataError
from tgs.lit.zoo.llm_data import thinker_tokenizer
from tgs.lit.zoo.llm_text import NAMES, Task, tell
from tgs.lit.zoo.tokenizer import BASE_SPECIALS, build_tokenizer, words_of
from tgs.stickers.references import WORDINGS
from tgs.think.parse import parse_thought
from tgs.think.prompt import Template, thought_prompt
from tgs.think.tokens import SPECIAL_TOKENS
from tgs.types import ThoughtStatus


@pytest.fixture(scope="module")
def tokenizer():
    return thinker_tokenizer()


def ids(tokenizer, text):
    return tokenizer(text, add_special_tokens=False).input_ids


def test_words_punctuation_and_hyphens():
    small = build_tokenizer(["The far-left guitar, loud from 0 to 10."])
    text = "Guitar, far-left guitarist!"
    assert small.tokenize(text) == ["guitar", ",", "far-left", "guitar", "##i", "##s", "##t", "!"]
    assert words_of("It's 10.") == ["it", "'", "s", "10", "."]


def test_every_word_of_the_benchmark_is_one_token(tokenizer):
    words = [*NAMES, "far-left", "purple", "loud", *map(str, range(11))]
    for wording in WORDINGS.values():
        words += words_of(" ".join((*wording.train, *wording.held_out, wording.relates)))
    words = [word for word in words if word not in "{}"]
    assert [word for word in words if len(ids(tokenizer, word)) != 1] == []


def test_special_tokens_stand_first_and_last_in_the_published_order(tokenizer):
    assert tokenizer.convert_ids_to_tokens([0, 1, 2, 3]) == list(BASE_SPECIALS)
    assert [tokenizer.convert_tokens_to_ids(token) for token in SPECIAL_TOKENS] == list(
        range(len(tokenizer) - 21, len(tokenizer))
    )
    assert ids(tokenizer, "</s_object>") == [tokenizer.convert_tokens_to_ids("</s_object>")]


def test_any_ascii_text_comes_back_up_to_blanks_and_case(tokenizer):
    text = 'Zebra_42 %& "x"  {y} ~ [Z]; 3,14 a-b--c \\ <br>'
    back = tokenizer.decode(ids(tokenizer, text))
    assert "".join(back.split()) == "".join(text.lower().split())
    assert tokenizer.unk_token_id not in ids(tokenizer, text)
    assert ids(tokenizer, "é") == [tokenizer.unk_token_id]


def test_a_chain_comes_back_and_is_still_read_by_the_parser(tokenizer):
    rng = np.random.default_rng(3)
    for _ in range(20):
        telling = tell(rng, Task.chain, held_out_share=0.5)
        back = tokenizer.decode(ids(tokenizer, telling.answer))
        assert "".join(back.split()) == "".join(telling.answer.split())
        said, truth = parse_thought(back, finished=True), parse_thought(telling.answer, finished=True)
        assert said.status is ThoughtStatus.ok
        assert (said.fine, said.simple, said.is_null) == (truth.fine, truth.simple, truth.is_null)


def test_prompts_keep_their_placeholders(tokenizer):
    read = tokenizer.convert_ids_to_tokens(ids(tokenizer, thought_prompt(Template.brief, "The dog.")))
    media = ["<video_start>", "<video>", "<video_end>", "<audio_start>", "<audio>", "<audio_end>"]
    assert read == [*media, "expression", ":", "the", "dog", "."]


@pytest.mark.parametrize("corpus", [[], ["  "], ["naïve"]])
def test_a_corpus_without_ascii_words_is_refused(corpus):
    with pytest.raises(DataError, match="corpus"):
        build_tokenizer(corpus)
