"""Rows of released word embeddings and heads, put where our tokenizer has the same tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from tgs.errors import WeightsError
from tgs.think.tokens import SPECIAL_TOKENS

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

RELEASED_TOKENS = (
    *("<image>", "<image_start>", "<image_end>", "<video>", "<video_start>", "<video_end>"),
    *("<audio>", "<audio_start>", "<audio_end>", "<think>", "</think>", "<answer>", "</answer>"),
    *("<f_object>", "</f_object>", "<s_object>", "</s_object>", "<frame>", "</frame>", "<box>", "</box>"),
)
"""What follows the vocabulary in a released table, in this order: 32000 + 21 rows for Llama-2.

Source: `initialize_MM_tokenizer` (TGS-Agent 4e144c9, models/unified_arch.py).
"""


def released_rows(tokenizer: PreTrainedTokenizerFast) -> Tensor:
    """Which row of a released table each of our tokens has, (V,).

    Args:
        tokenizer: of the language model; special tokens that it lacks come after its own, as `add_tokens` adds them.
    """
    known = tokenizer.get_vocab()
    ours = sorted(known, key=known.__getitem__) + [token for token in SPECIAL_TOKENS if token not in known]
    words = [token for token in ours if token not in RELEASED_TOKENS]
    row_of = {token: row for row, token in enumerate((*words, *RELEASED_TOKENS))}
    return torch.tensor([row_of[token] for token in ours])


def our_rows(table_VD: Tensor, rows_V: Tensor, where: str) -> Tensor:
    """A released table in our order.

    Raises:
        WeightsError: it is of another vocabulary.
    """
    if len(table_VD) != len(rows_V):
        raise WeightsError(
            f"{where} has {len(table_VD)} rows; the tokenizer has {len(rows_V) - len(RELEASED_TOKENS)} tokens, which "
            f"with the {len(RELEASED_TOKENS)} special ones makes {len(rows_V)}. It is of another language model."
        )
    return table_VD[rows_V]
