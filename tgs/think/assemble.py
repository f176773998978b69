"""From token ids and branch tokens to what the language model reads: embeddings, labels, mask, positions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

IGNORED = -100
"""Label of positions that are not learnt: prompts and padding."""


@dataclass(frozen=True)
class Rows:
    """Token rows of different lengths, padded to one.

    Attributes:
        ids_BL: int64; padding holds the pad id.
        labels_BL: int64; the ids where the answer stands, `IGNORED` elsewhere.
        mask_BL: int64; 1 on tokens, 0 on padding.
    """

    ids_BL: Tensor
    labels_BL: Tensor
    mask_BL: Tensor


def expand(ids: Sequence[int], counts: Mapping[int, int]) -> list[int]:
    """Repeat every placeholder as often as its branch gives tokens; other ids stay as they are.

    >>> expand([1, 9, 5], {9: 3})
    [1, 9, 9, 9, 5]
    """
    return [token for token in ids for _ in range(counts.get(token, 1))]


def pad_rows(
    prompts: Sequence[Sequence[int]],
    answers: Sequence[Sequence[int]],
    *,
    pad_id: int,
    side: Literal["left", "right"],
    device: torch.device,
) -> Rows:
    """Join prompts with answers and pad the rows to the longest.

    Args:
        prompts, answers: token ids per row; an answer may be empty (generation).
        pad_id: any valid id: it is masked out. Llama-2 has no pad token, and pads with its end of text.
        side: left for generation, whose last column must be a token on every row.
        device: where the tensors are made.
    """
    width = max(len(p) + len(a) for p, a in zip(prompts, answers, strict=True))
    ids, labels, mask = [], [], []
    for prompt, answer in zip(prompts, answers, strict=True):
        length = len(prompt) + len(answer)
        gap = width - length
        for rows, row, filler in (
            (ids, [*prompt, *answer], pad_id),
            (labels, [IGNORED] * len(prompt) + [*answer], IGNORED),
            (mask, [1] * length, 0),
        ):
            rows.append([filler] * gap + row if side == "left" else row + [filler] * gap)
    return Rows(*(torch.tensor(rows, dtype=torch.long, device=device) for rows in (ids, labels, mask)))


def positions(mask_BL: Tensor) -> Tensor:
    """Position of every token in its own row, padding not counted; padding gets some valid position."""
    return (mask_BL.cumsum(dim=1) - 1).clamp(min=0)


def fill(embeds_BLD: Tensor, places_BL: Tensor, tokens: Sequence[Tensor]) -> Tensor:
    """Put branch tokens where their placeholders stand.

    Args:
        embeds_BLD: embeddings of the ids, placeholders included.
        places_BL: bool, where this branch's placeholders stand.
        tokens: of every row that has such places, in row order, (places of the row, D) each.
    Returns:
        The embeddings with the placeholders' replaced.
    Raises:
        ValueError: a row has another number of places than tokens.
    """
    wanted = [n for n in places_BL.sum(dim=1).tolist() if n]
    if wanted != [len(t) for t in tokens]:
        raise ValueError(f"placeholders per row {wanted} but branch tokens {[len(t) for t in tokens]}")
    return embeds_BLD.masked_scatter(places_BL[..., None], torch.cat(list(tokens)).to(embeds_BLD.dtype))


def shared_prefix(rows: Sequence[Sequence[int]]) -> int:
    """How many first ids all rows have in common; every row keeps at least one id of its own.

    >>> shared_prefix([[1, 9, 9, 4, 5], [1, 9, 9, 7]])
    3
    """
    shortest = min(len(row) for row in rows) - 1
    first = rows[0]
    for i in range(shortest):
        if any(row[i] != first[i] for row in rows):
            return i
    return shortest
