"""Thoughts about the references of a clip: shared prefixes and batches against one reference at a time."""

from __future__ import annotations

from functools import partial

import numpy as np
import torch
from claim import Claim
from clips import NEW
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from torch import Tensor

from tgs.config.compose import CONF, register
from tgs.config.train import TrainConfig
from tgs.think.generate import answering
from tgs.think.llm import word_embeddings
from tgs.think.prompt import thought_prompt
from tgs.think.ref_thinker import RefThinker
from tgs.think.tokens import END_OF_THOUGHT
from tgs.types import Clip

WHERE = ("", " on the left", " on the right", " of all", ", far away", " in the middle", " behind", " at the end")
TEXTS = [f"the {what}{where}" for what in ("dog", "loudest thing", "silent bird", "drum") for where in WHERE]


CLIPS = 4
"""That an evaluation thinks about at once."""


def claims(settings: list[str]) -> list[Claim]:
    """1, 8 and 32 references of each of some clips of noise; 8 are about as many as stickers' clips have."""
    register(TrainConfig)
    with initialize_config_dir(CONF, version_base="1.3"):
        asked = compose("train", ["+experiment=phase2_lora", *settings]).thinker
        thinker: RefThinker = instantiate(asked, max_new_tokens=NEW, _convert_="all").eval()
    rng = np.random.default_rng(0)
    clips = [
        Clip(f"clip{n}", rng.integers(0, 256, (10, 90, 160, 3), np.uint8), rng.normal(0, 0.1, 160_000).astype("f4"))
        for n in range(CLIPS)
    ]
    ways = [(1, True, None, 3), (8, True, 5, 3), (32, True, 5, 1), (8, False, 20, 1)]
    return [
        Claim(
            f"thoughts, {CLIPS} clips with {n} references each",
            "one at a time, " + ("keys and values cached, as released" if cached else "nothing cached, the article's"),
            partial(plainly, thinker, clips, TEXTS[:n], cached=cached), partial(ours, thinker, clips, TEXTS[:n]),
            tolerance=0, at_least=wanted, rounds=rounds,
        )
        for n, cached, wanted, rounds in ways
    ]  # fmt: skip


def ours(thinker: RefThinker, clips: list[Clip], texts: list[str]) -> np.ndarray:
    """As an evaluation asks."""
    thoughts = thinker.think_features([thinker.encode([clip]) for clip in clips], [texts] * len(clips))
    return as_numbers([thought.raw for own in thoughts for thought in own])


@torch.no_grad()
def plainly(thinker: RefThinker, clips: list[Clip], texts: list[str], *, cached: bool) -> np.ndarray:
    """Encoders, prompt and thought of every reference on their own, to the end of the text.

    Source: TGS-Agent's `inference_hyperlora.py` encodes and generates row by row; its batch only pads.
    """
    with answering(thinker):
        return as_numbers([alone(thinker, clip, text, cached=cached) for clip in clips for text in texts])


def alone(thinker: RefThinker, clip: Clip, text: str, *, cached: bool) -> str:
    """One reference."""
    from transformers import DynamicCache

    llm, eos = thinker.llm, thinker.tokenizer.eos_token_id
    embeds_LD, ids = prompt(thinker, clip, text), []
    cache, fed_LD = DynamicCache(config=llm.config), embeds_LD
    while len(ids) < NEW and (not ids or ids[-1] != eos):
        if cached:
            logits_V = llm(inputs_embeds=fed_LD[None], past_key_values=cache, use_cache=True).logits[0, -1]
        else:
            logits_V = llm(inputs_embeds=embeds_LD[None], use_cache=False).logits[0, -1]
        ids.append(int(logits_V.argmax()))
        fed_LD = word_embeddings(llm)(torch.tensor(ids[-1:]))
        embeds_LD = torch.cat([embeds_LD, fed_LD])
    said = thinker.tokenizer.decode(ids[:-1] if ids[-1] == eos else ids)
    return said[: said.index(END_OF_THOUGHT) + len(END_OF_THOUGHT)] if END_OF_THOUGHT in said else said


def prompt(thinker: RefThinker, clip: Clip, text: str) -> Tensor:
    """Embeddings of one reference's prompt, its clip encoded."""
    features, vocabulary = thinker.encode([clip]), thinker.tokenizer.get_vocab()
    tokens = {
        vocabulary["<video>"]: thinker.branches["video"](features.video_BNPD[0]).flatten(0, 1),
        vocabulary["<audio>"]: thinker.branches["audio"](features.audio_BNAD[0]).flatten(0, 1),
    }
    asked = thinker.tokenizer(thought_prompt(thinker.template, text), add_special_tokens=False)["input_ids"]
    embed = word_embeddings(thinker.llm)
    pieces = [tokens.get(id, embed(torch.tensor([id]))) for id in [thinker.tokenizer.bos_token_id, *asked]]
    return torch.cat(pieces)


def as_numbers(texts: list[str]) -> np.ndarray:
    """Texts as rows of bytes of one length."""
    rows = np.zeros((len(texts), 16 * NEW))
    for row, text in zip(rows, texts, strict=True):
        row[: len(text)] = list(text.encode())
    return rows
