import hashlib

import pytest

from tgs.errors import DataError
from tgs.think.prompt import Template, caption_prompt, thought_prompt
from tgs.think.tokens import BRANCH_OF, SPECIAL_TOKENS, Modality, special_tokens_in
from tgs.types import Wording


def test_releaseding_prompt_to_the_byte():
    prompt = thought_prompt(Template.released, "The Loud dog.")
    assert prompt == (
        "This is a video:\n<video_start><video><video_end>\n"
        "This is an audio:\n<audio_start><audio><audio_end>\n"
        "Given the referential expression: 'the loud dog.', analyze the video and audio, and then generate a "
        "reasoning chain (<think>) and final answer (<answer>).\n"
        "Your output must follow this format:\n"
        "<think>\nYour reasoning here\n</think>\n"
        "<answer>\n<f_object> ... </f_object>\n<s_object> ... </s_object>\n"
        "The corresponding bbox is: <frame> <box> ... </box> </frame>\n</answer>"
    )
    # Digest of the instruction that the released dataset class builds for this expression.
    assert hashlib.sha256(prompt.encode()).hexdigest()[:16] == "230c6a69a9655fce"


def test_the_test_wording_has_neither_colon_nor_quotes():
    train = thought_prompt(Template.released, "a dog")
    test = thought_prompt(Template.released, "A dog", Wording.test)
    assert test == train.replace("expression: 'a dog'", "expression a dog") != train
    # Digest of the instruction that the released test dataset builds for this expression.
    prompt = thought_prompt(Template.released, "The Loud dog.", Wording.test)
    assert hashlib.sha256(prompt.encode()).hexdigest()[:16] == "8a154e1183a8b2bd"
    assert thought_prompt(Template.brief, "The dog.", Wording.test) == (
        "<video_start><video><video_end><audio_start><audio><audio_end>\nexpression the dog.\n"
    )


def test_brief_prompt():
    assert thought_prompt(Template.brief, " The dog. ") == (
        "<video_start><video><video_end><audio_start><audio><audio_end>\nexpression: the dog.\n"
    )


@pytest.mark.parametrize("template", Template)
def test_media_come_before_the_expression(template):
    prompt = thought_prompt(template, "zebra")
    assert max(prompt.index(token) for token in ("<video>", "<audio>")) < prompt.index("zebra")
    assert [prompt.count(token) for token in BRANCH_OF] == [0, 1, 1]


@pytest.mark.parametrize("template", Template)
@pytest.mark.parametrize(
    ("text", "message"),
    [("", "blank"), (" \n", "blank"), ("the <video> dog", "<video>"), ("x </s_object>", "</s_object>")],
)
def test_expressions_that_would_break_the_prompt_are_refused(template, text, message):
    with pytest.raises(DataError, match=message):
        thought_prompt(template, text)


def test_brief_caption_prompts():
    assert caption_prompt(Template.brief, Modality.audio) == "<audio_start><audio><audio_end>\n"
    asked = caption_prompt(Template.brief, Modality.image, "What is it?")
    assert asked == "<image_start><image><image_end>\nwhat is it?\n"


def test_released_caption_prompts_use_the_chat_form():
    system = "[INST] <<SYS>>\nYou are a helpful assistant.\n<</SYS>>\n\n"
    assert caption_prompt(Template.released, Modality.video, "What happens?") == (
        f"{system}This is a video:\n<video_start><video><video_end>\nPlease answer the question:\nWhat happens? [/INST]"
    )
    assert caption_prompt(Template.released, Modality.audio) == (
        f"{system}This is an audio:\n<audio_start><audio><audio_end>\nPlease describe this audio. [/INST]"
    )
    with pytest.raises(DataError, match="question is blank"):
        caption_prompt(Template.released, Modality.image)


def test_the_21_tokens_in_their_published_order():
    assert len(SPECIAL_TOKENS) == len(set(SPECIAL_TOKENS)) == 21
    assert SPECIAL_TOKENS[0] == "<image>"
    assert SPECIAL_TOKENS[8:10] == ("<audio_end>", "<think>")
    assert SPECIAL_TOKENS[-1] == "</box>"
    assert [m.group() for m in special_tokens_in("a<think> <thinking> </box><video_end>")] == [
        "<think>", "</box>", "<video_end>",
    ]  # fmt: skip
