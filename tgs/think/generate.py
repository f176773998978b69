"""Greedy decoding of many rows at once, on top of prefixes that several rows share."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import torch
from torch import Tensor, nn

from tgs.think.assemble import pad_rows, positions
from tgs.think.llm import word_embeddings
from tgs.types import Padding

if TYPE_CHECKING:
    from transformers import LlamaForCausalLM


STILL_WORTH = 0.75
"""A step is taken with ended rows as long as more than this share is open: leaving some out copies the others' keys."""

Fed = tuple[Tensor, Tensor | None]
"""Tokens of the rows that go on; and which rows of the last step these are, None for all."""


@dataclass(frozen=True)
class Generated:
    """What a row became.

    Attributes:
        ids: the new tokens, the stopping one included.
        finished: it stopped by itself; False means that the limit cut it off.
        probabilities: of each new token among the whole vocabulary, in [0, 1]. Not compared: their last digits depend
            on the batch.
    """

    ids: list[int]
    finished: bool
    probabilities: list[float] = field(compare=False)


class Engine(Protocol):
    """Whatever continues rows: `greedy`, or `tgs.think.vllm_engine.VllmEngine` with the same arguments and answers."""

    def __call__(
        self,
        llm: LlamaForCausalLM,
        prefixes_CLD: Tensor,
        prefix_of: Sequence[int],
        suffixes: Sequence[Sequence[int]],
        *,
        stop_ids: Collection[int],
        pad_id: int,
        max_new_tokens: int,
        padding: Padding,
    ) -> list[Generated]:
        """See `greedy`."""
        ...


@torch.no_grad()
def greedy(
    llm: LlamaForCausalLM,
    prefixes_CLD: Tensor,
    prefix_of: Sequence[int],
    suffixes: Sequence[Sequence[int]],
    *,
    stop_ids: Collection[int],
    pad_id: int,
    max_new_tokens: int,
    padding: Padding = Padding.masked,
) -> list[Generated]:
    """Continue every row with its likeliest tokens until it stops or reaches the limit.

    Args:
        llm: in eval mode.
        prefixes_CLD: embeddings of C prefixes of one length, each read once however many rows share it.
        prefix_of: for each row, its prefix.
        suffixes: for each row, the ids that follow its prefix (one or more).
        stop_ids: a row ends with the first of these.
        pad_id: fed to rows that have ended, as long as they are read along, and put before rows that are shorter than
            others.
        max_new_tokens: limit per row.
        padding: `masked` decodes by `decode`, `unmasked` by `decode_unmasked`.
    """
    rows: list[list[int]] = [[] for _ in suffixes]
    read = list(range(len(rows)))  # in this step; a few of them may have ended
    ended: set[int] = set()
    seen: list[tuple[list[int], Tensor]] = []
    device = prefixes_CLD.device
    if padding is Padding.masked:
        steps = decode(llm, prefixes_CLD, prefix_of, suffixes, pad_id=pad_id, new_tokens=max_new_tokens)
    else:
        steps = decode_unmasked(llm, prefixes_CLD, prefix_of, suffixes, pad_id=pad_id)
    logits_RV = next(steps)
    for step in range(max_new_tokens):
        tokens = logits_RV.argmax(dim=-1).tolist()
        scores_RV = logits_RV.float()
        seen.append((read, (scores_RV.amax(dim=-1) - scores_RV.logsumexp(dim=-1)).exp()))
        for row, token in zip(read, tokens, strict=True):
            if row not in ended:
                rows[row].append(token)
                if token in stop_ids:
                    ended.add(row)
        if len(ended) == len(rows) or step == max_new_tokens - 1:
            break
        fed = [pad_id if row in ended else token for row, token in zip(read, tokens, strict=True)]
        open_places = [place for place, row in enumerate(read) if row not in ended]
        if len(open_places) > STILL_WORTH * len(read):
            logits_RV = steps.send((torch.tensor(fed, device=device), None))
        else:
            read, fed = [read[place] for place in open_places], [fed[place] for place in open_places]
            logits_RV = steps.send((torch.tensor(fed, device=device), torch.tensor(open_places, device=device)))
    likely = iter(torch.cat([likely_R for _, likely_R in seen]).tolist())  # brought over once, not once a step
    probabilities: list[list[float]] = [[] for _ in rows]
    for read, _ in seen:
        for row in read:
            probabilities[row].append(next(likely))
    return [Generated(ids, row in ended, probabilities[row][: len(ids)]) for row, ids in enumerate(rows)]


@torch.no_grad()
def decode(
    llm: LlamaForCausalLM,
    prefixes_CLD: Tensor,
    prefix_of: Sequence[int],
    suffixes: Sequence[Sequence[int]],
    *,
    pad_id: int,
    new_tokens: int,
) -> Generator[Tensor, Fed, None]:
    """Next-token logits (R, V), one step after the other: `send` the tokens of a step to get the next logits.

    The prefixes are read once each and their keys and values repeated for their rows; suffixes are padded on the
    left, between prefix and suffix, masked, and not counted in positions. So a row's logits are those of its plain,
    unpadded sequence. There is room for `new_tokens`; more are answered, too, but slowly.
    """
    from tgs.think.cache import roomy_cache

    device = prefixes_CLD.device
    suffix = pad_rows(suffixes, [[]] * len(suffixes), pad_id=pad_id, side="left", device=device)
    cache = roomy_cache(llm.config, suffix.ids_BL.shape[1] + new_tokens)
    llm.model(inputs_embeds=prefixes_CLD, past_key_values=cache, use_cache=True)
    cache.batch_select_indices(torch.tensor(list(prefix_of), device=device))
    prefix_RL = suffix.mask_BL.new_ones(len(suffixes), prefixes_CLD.shape[1])
    mask_RL = torch.cat([prefix_RL, suffix.mask_BL], dim=1)
    places_RL = positions(mask_RL)[:, prefix_RL.shape[1] :]
    embeds_RLD = word_embeddings(llm)(suffix.ids_BL)
    while True:
        output = llm(
            inputs_embeds=embeds_RLD.to(prefixes_CLD.dtype),
            attention_mask=mask_RL,
            position_ids=places_RL,
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=1,
        )
        tokens_R, kept = yield output.logits[:, -1]
        if kept is not None:
            cache.batch_select_indices(kept)
            mask_RL, places_RL = mask_RL[kept], places_RL[kept]
        embeds_RLD = word_embeddings(llm)(tokens_R)[:, None]
        mask_RL = torch.cat([mask_RL, mask_RL.new_ones(len(mask_RL), 1)], dim=1)
        places_RL = places_RL[:, -1:] + 1


@torch.no_grad()
def decode_unmasked(
    llm: LlamaForCausalLM,
    prefixes_CLD: Tensor,
    prefix_of: Sequence[int],
    suffixes: Sequence[Sequence[int]],
    *,
    pad_id: int,
) -> Generator[Tensor, Fed, None]:
    """`decode` as the released code does it: rows shorter than the longest begin with padding, which they read.

    Neither mask nor positions are given: a row attends to its padding and counts it, so that its logits depend on how
    long the other rows of its batch are.

    Source:
        Released `models/unified_llama.py`, `UnifiedForCausalLM.generate`, 4e144c9: of what `prepare_multimodal_inputs`
        returns only `inputs_embeds` is handed on. transformers 4.37.2 then takes a mask of ones, and so positions from
        0 on, padding included.
        DEPARTS: its batches are 8 rows of the csv, whatever their clips; ours are of one clip's references.
    """
    from transformers import DynamicCache

    cache, embeddings = DynamicCache(config=llm.config), word_embeddings(llm)
    longest = max(len(suffix) for suffix in suffixes)
    rows = []
    for prefix, suffix in zip(prefix_of, suffixes, strict=True):
        gap = torch.full((longest - len(suffix),), pad_id, device=prefixes_CLD.device)
        words = torch.tensor(list(suffix), device=prefixes_CLD.device)
        rows.append(torch.cat([embeddings(gap), prefixes_CLD[prefix], embeddings(words)]))
    embeds_RLD = torch.stack(rows)
    while True:
        embeds_RLD = embeds_RLD.to(prefixes_CLD.dtype)
        output = llm(inputs_embeds=embeds_RLD, past_key_values=cache, use_cache=True, logits_to_keep=1)
        tokens_R, kept = yield output.logits[:, -1]
        if kept is not None:
            cache.batch_select_indices(kept)
        embeds_RLD = embeddings(tokens_R)[:, None]


@contextmanager
def answering(module: nn.Module) -> Iterator[None]:
    """Without dropout; afterwards the module learns on, if it did before."""
    learning = module.training
    module.eval()
    try:
        yield
    finally:
        module.train(learning)
