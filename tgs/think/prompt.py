"""What is asked of the thinker: prompts whose placeholders the branches' tokens replace."""

from __future__ import annotations

from enum import StrEnum

from tgs.errors import DataError
from tgs.think.tokens import Modality, special_tokens_in


class Template(StrEnum):
    """Wording of the prompts."""

    brief = "brief"  # for the tiny language model: no instruction, which it could not read anyway
    released_train = "released_train"  # quotes and a colon around the expression
    released_test = "released_test"  # neither: the released code trains with one and tests with the other


_RELEASED_MEDIA = (
    "This is a video:\n<video_start><video><video_end>\nThis is an audio:\n<audio_start><audio><audio_end>\n"
)
_RELEASED_TASK = (
    ", analyze the video and audio, and then generate a reasoning chain (<think>) and final answer (<answer>).\n"
    "Your output must follow this format:\n<think>\nYour reasoning here\n</think>\n"
    "<answer>\n<f_object> ... </f_object>\n<s_object> ... </s_object>\n"
    "The corresponding bbox is: <frame> <box> ... </box> </frame>\n</answer>"
)
_BRIEF_MEDIA = "<video_start><video><video_end><audio_start><audio><audio_end>\n"

_ARTICLE = {Modality.image: "an image", Modality.video: "a video", Modality.audio: "an audio"}
_CHAT = "[INST] <<SYS>>\nYou are a helpful assistant.\n<</SYS>>\n\n{} [/INST]"
"""Llama-2's chat form. Source: phase 1 applies the chat template with this system text, phase 2 applies none."""

AUDIO_QUESTION = "Please describe this audio."
"""The one question of the released audio captions."""


def thought_prompt(template: Template, expression: str) -> str:
    """The prompt that asks which object an expression means. Video and audio come first, whatever the expression.

    Args:
        template: wording.
        expression: as the csv holds it; it is put in lower case, as in the released code.
    Raises:
        DataError: the expression is blank or holds a special token.
    Source:
        Released `unified_dataset.py`, lines 98-105 (train) and 272-279 (test), to the byte.
    """
    words = _plain(expression, "expression").lower()
    if template is Template.released_train:
        return f"{_RELEASED_MEDIA}Given the referential expression: '{words}'{_RELEASED_TASK}"
    if template is Template.released_test:
        return f"{_RELEASED_MEDIA}Given the referential expression {words}{_RELEASED_TASK}"
    return f"{_BRIEF_MEDIA}expression: {words}\n"


def caption_prompt(template: Template, modality: Modality, question: str = "") -> str:
    """The prompt that asks for a caption in phase 1.

    Args:
        template: `brief`, or either released one (they do not differ here).
        modality: what is described.
        question: the data's own question about images and videos; `brief` leaves it out where it is blank.
    Raises:
        DataError: the question holds a special token, or a released template is given none for an image or video.
    Source:
        Released `pretrain_dataset.py`, 82-142.
    """
    media = f"<{modality}_start><{modality}><{modality}_end>\n"
    if template is Template.brief:
        return f"{media}{_plain(question, 'question').lower()}\n" if question.strip() else media
    if modality is Modality.audio:
        asked = _plain(question or AUDIO_QUESTION, "question")
    else:
        asked = f"Please answer the question:\n{_plain(question, 'question')}"
    return _CHAT.format(f"This is {_ARTICLE[modality]}:\n{media}{asked}")


def _plain(text: str, what: str) -> str:
    """The text without edge blanks; a special token in it would be taken for a placeholder or a tag."""
    text = text.strip()
    if not text:
        raise DataError(f"the {what} is blank: check its row in the csv or json file")
    if found := special_tokens_in(text):
        raise DataError(f"the {what} {text!r} holds the special token {found[0].group()}: remove it from the data")
    return text
