"""What the tiny detector is trained on: made frames with captions of one to six phrases, or one long sentence."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tgs.ground.hf import to_pixels
from tgs.lit.zoo.crowd import benchmark_frame, crowd
from tgs.lit.zoo.grounder import GroundBatch
from tgs.lit.zoo.grounder_loss import Truth
from tgs.lit.zoo.grounder_phrases import Phrase, absent, fine, named, sentence, which
from tgs.lit.zoo.grounder_words import tokenizer
from tgs.lit.zoo.segmenter_data import boxes_of
from tgs.lit.zoo.stream import StreamData
from tgs.stickers.art import ArtBank
from tgs.stickers.render import render_frame
from tgs.stickers.scene import Sticker

if TYPE_CHECKING:
    from tokenizers import Tokenizer

CLS, SEP, STOP = 101, 102, 1012
SPECIAL_WEIGHT = 0.25
"""[CLS], [SEP] and '.' are negatives everywhere: easy ones, so they count less than a phrase."""
SENTENCES = 0.15
"""Share of the examples."""
SMALLEST_PX = 120
"""Objects with fewer visible pixels are asked for by nobody, but are not called absent either."""


class Captioned(NamedTuple):
    """A frame, the boxes of its objects (K, 4) in xyxy pixels, and the phrases asked of it."""

    frame_HWC: NDArray[np.uint8]
    boxes_K4: NDArray[np.float32]
    phrases: list[Phrase]


def make_train(rng: np.random.Generator, *, art: ArtBank, crowds: float) -> Captioned:
    """One training example: a third ask for one thing, as the agent does, most others for two to six.

    A few are long sentences, of which only the names of things are grounded: as in the phrase-grounding captions that
    the published detector learns from. They teach that most words mean nothing on a frame.
    """
    frame_HWC, boxes_K4, seen, hidden = make_frame(rng, art, crowds)
    if rng.random() < SENTENCES:
        return Captioned(frame_HWC, boxes_K4, sentence(seen, hidden, rng))
    there, special = named(seen), which(seen, rng)
    missing = [phrase for phrase in absent(seen, rng) if not any(name in phrase.text for name in hidden)]
    if rng.random() < 0.35:
        offers = [(0.5, there), (0.3, special), (0.2, missing)]
        offers = [(share, pool) for share, pool in offers if pool]
        shares = np.array([share for share, _ in offers])
        pool = offers[rng.choice(len(offers), p=shares / shares.sum())][1]
        return Captioned(frame_HWC, boxes_K4, [pool[rng.integers(len(pool))]])
    wanted = int(rng.integers(2, 7))
    phrases = [there[i] for i in rng.permutation(len(there))]
    if special and rng.random() < 0.4:
        phrases = [special[i] for i in rng.permutation(len(special))[:2]] + phrases
    phrases = phrases[: max(1, wanted - 1)]
    phrases += missing[: wanted - len(phrases)]
    return Captioned(frame_HWC, boxes_K4, [phrases[i] for i in rng.permutation(len(phrases))])


def make_val(rng: np.random.Generator, *, art: ArtBank) -> Captioned:
    """A benchmark frame with one phrase: a name (40 %), an absent one (30 %), a colour or place (15 %), a description.

    Descriptions in the thinker's form, the last 15 %, are never trained on.
    """
    while True:
        frame_HWC, boxes_K4, seen, hidden = make_frame(rng, art, 0.0)
        draw = rng.random()
        if draw < 0.4:
            pool = named(seen)
        elif draw < 0.7:
            pool = [Phrase(name, (), "absent") for name in _plain_absent(seen, hidden)]
        else:
            pool = which(seen, rng) if draw < 0.85 else fine(seen, rng)
        pool = [phrase for phrase in pool if phrase.kind != "absent_colour"]
        if pool:
            return Captioned(frame_HWC, boxes_K4, [pool[rng.integers(len(pool))]])


def make_frame(
    rng: np.random.Generator, art: ArtBank, crowds: float
) -> tuple[NDArray[np.uint8], NDArray[np.float32], list[Sticker], set[str]]:
    """A frame, its boxes, the stickers they belong to, and the categories of those that are nearly covered."""
    while True:
        scene, index = (crowd(rng), 0) if rng.random() < crowds else benchmark_frame(rng)
        frame_HWC, masks_KHW = render_frame(scene, art, index)
        visible = masks_KHW.sum((1, 2)) >= SMALLEST_PX
        if visible.any():
            seen = [sticker for sticker, shown in zip(scene.stickers, visible, strict=True) if shown]
            hidden = {sticker.category for sticker, shown in zip(scene.stickers, visible, strict=True) if not shown}
            return frame_HWC, boxes_of(masks_KHW[visible]), seen, hidden


def encode(made: Tokenizer, phrases: list[Phrase]) -> tuple[list[int], list[tuple[int, int]]]:
    """Token ids of "one. two." with special tokens, and each phrase's range in them, its '.' excluded.

    The words of a sentence are not parted.
    """
    ids, spans = [CLS], []
    for phrase in phrases:
        start = len(ids)
        ids += made.encode(phrase.text, add_special_tokens=False).ids
        spans.append((start, len(ids)))
        if phrase.kind != "word":
            ids.append(STOP)
    return [*ids, SEP] if ids[-1] == STOP else [*ids, STOP, SEP], spans


def collate(examples: list[Captioned], *, made: Tokenizer, size_hw: tuple[int, int], limit: int) -> GroundBatch:
    """Pads captions with 0. Phrases that do not fit into `limit` tokens are left out."""
    ids, truths = [], []
    for example in examples:
        phrases = list(example.phrases)
        tokens, spans = encode(made, phrases)
        while len(tokens) > limit:
            phrases.pop()
            tokens, spans = encode(made, phrases)
        ids.append(tokens)
        truths.append((example, phrases, spans))
    length = max(map(len, ids))
    ids_BL = torch.tensor([row + [0] * (length - len(row)) for row in ids])
    return GroundBatch(
        pixels_BCHW=to_pixels(np.stack([e.frame_HWC for e in examples]), size_hw, torch.device("cpu")),
        ids_BL=ids_BL,
        words_BL=ids_BL != 0,
        weights_BL=torch.stack(
            [_weights(spans, len(row), length) for row, (_, _, spans) in zip(ids, truths, strict=True)]
        ),
        truths=[_truth(example, phrases, spans, length) for example, phrases, spans in truths],
        kinds=[example.phrases[0].kind for example in examples],
    )


def _weights(spans: list[tuple[int, int]], tokens: int, length: int) -> Tensor:
    """Every phrase counts as one, however long: or descriptions would drown the names, which are the hard part."""
    weights_L = torch.zeros(length)
    weights_L[:tokens] = SPECIAL_WEIGHT
    for start, end in spans:
        weights_L[start:end] = 1 / (end - start)
    return weights_L


def _truth(example: Captioned, phrases: list[Phrase], spans: list[tuple[int, int]], length: int) -> Truth:
    """An object that several phrases name is one truth with all their tokens."""
    asked = sorted({index for phrase in phrases for index in phrase.objects})
    tokens_KL = torch.zeros(len(asked), length)
    for phrase, (start, end) in zip(phrases, spans, strict=True):
        for index in phrase.objects:
            tokens_KL[asked.index(index), start:end] = 1
    height, width = example.frame_HWC.shape[:2]
    xyxy = torch.from_numpy(example.boxes_K4[asked]) / torch.tensor([width, height] * 2)
    boxes_K4 = torch.cat([(xyxy[:, :2] + xyxy[:, 2:]) / 2, xyxy[:, 2:] - xyxy[:, :2]], 1)
    return Truth(boxes_K4, tokens_KL)


def _plain_absent(seen: list[Sticker], hidden: set[str]) -> list[str]:
    from tgs.stickers.categories import CATEGORIES

    return [name for name in CATEGORIES if name not in hidden | {sticker.category for sticker in seen}]


class GrounderData(StreamData):
    """Half crowds, half benchmark frames in training; benchmark frames with one phrase in validation.

    Args:
        height_px, width_px, max_text_len: as of the model's `GrounderSizes`.
        crowds: share of fuller scenes in training.
        batch_size, steps_per_epoch, val_batches, seed: see `StreamData`.
    """

    def __init__(
        self,
        *,
        batch_size: int,
        steps_per_epoch: int,
        val_batches: int,
        height_px: int = 128,
        width_px: int = 224,
        max_text_len: int = 64,
        crowds: float = 0.5,
        seed: int = 0,
    ) -> None:
        art = ArtBank()
        super().__init__(
            functools.partial(make_train, art=art, crowds=crowds),
            functools.partial(make_val, art=art),
            functools.partial(collate, made=tokenizer(), size_hw=(height_px, width_px), limit=max_text_len),
            batch_size=batch_size,
            steps_per_epoch=steps_per_epoch,
            val_batches=val_batches,
            seed=seed,
        )
