"""What is asked of the thinker: prompts whose placeholders the branches' tokens replace."""

from __future__ import annotations

from enum import StrEnum

from tgs.errors import DataError
from tgs.think.tokens import Modality, special_tokens_in
from tgs.types import Wording


class Template(StrEnum):
    """Form of the prompts."""

    brief = "brief"  # for the tiny language model: no instruction, which it could not read anyway
    released = "released"


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


def thought_prompt(template: Template, expression: str, wording: Wording = Wording.train) -> str:
    """The prompt that asks which object an expression means. Video and audio come first, whatever the expression.

    Args:
        template: form.
        expression: as the csv holds it; it is put in lower case, as in the released code.
        wording: what stands around the expression. `brief` has no quotes: its test wording lacks the colon only.
    Raises:
        DataError: the expression is blank or holds a special token.
    Source:
        Released `dataset/unified_dataset.py`, 4e144c9: `UnifiedDataset.add_ref_avs_samples` (train) and that of
        `UnifiedTestDataset` (test), to the byte.
        DEPARTS: blanks at the edges of an expression (3 rows of the test splits have some) are kept there.
    """
    words = _plain(expression, "expression").lower()
    trained = wording is Wording.train
    if template is Template.released:
        named = f": '{words}'" if trained else f" {words}"
        return f"{_RELEASED_MEDIA}Given the referential expression{named}{_RELEASED_TASK}"
    return f"{_BRIEF_MEDIA}expression{':' if trained else ''} {words}\n"


def caption_prompt(template: Template, modality: Modality, question: str = "") -> str:
    """The prompt that asks for a caption in phase 1.

    Args:
        template: form.
        modality: what is described.
        question: the data's own question about images and videos; `brief` leaves it out where it is blank.
    Raises:
        DataError: the question holds a special token, or `released` is given none for an image or video.
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
