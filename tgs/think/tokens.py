"""The special tokens that the thinker adds to a language model's vocabulary."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum

SPECIAL_TOKENS = (
    "<image>", "<image_start>", "<image_end>",
    "<video>", "<video_start>", "<video_end>",
    "<audio>", "<audio_start>", "<audio_end>",
    "<think>", "</think>", "<answer>", "</answer>",
    "<f_object>", "</f_object>", "<s_object>", "</s_object>",
    "<frame>", "</frame>", "<box>", "</box>",
)  # fmt: skip
"""All 21, in the order in which their embeddings follow the vocabulary. Source: released `unified_arch.py`."""

BRANCH_OF = {"<image>": "video", "<video>": "video", "<audio>": "audio"}
"""Which branch's tokens take a placeholder's place; an image is a video of one frame."""

END_OF_THOUGHT = "</s_object>"
"""Nothing after it is ever read, so that generation stops here."""

_ANY = re.compile("|".join(re.escape(token) for token in SPECIAL_TOKENS))


class Modality(StrEnum):
    """What a caption describes."""

    image = "image"
    video = "video"
    audio = "audio"


def special_tokens_in(text: str) -> Sequence[re.Match[str]]:
    """Every special token of a text, in order."""
    return list(_ANY.finditer(text))
