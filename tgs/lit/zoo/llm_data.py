"""A scene as a bag of words: what the language model reads before there is anything that sees or hears.

Each frame and each second becomes as many slots as its Q-Former will give tokens; a slot is the sum of the
embeddings of a few words (zone and category, category and level), the slots of a frame are in random order, and
the ones left over say "nothing". The slots stand exactly where the Q-Former's tokens will stand later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tgs.lit.zoo.llm_text import NAMES, Task, Telling, language, tell
from tgs.lit.zoo.stream import StreamData
from tgs.lit.zoo.tokenizer import build_tokenizer
from tgs.stickers.captions import zone_at
from tgs.stickers.scene import N_FRAMES, Level, Scene
from tgs.think.tokens import SPECIAL_TOKENS

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

WORDS_PER_SLOT = 3
VIDEO_SLOTS, AUDIO_SLOTS = 5, 4
FILLER = ("nothing",)
UNLEARNED = -100
MISSED, MISTAKEN = 0.06, 0.02
"""Chances that a thing is missing from, or mistaken in, one frame of ten: what a Q-Former will do, too."""
MIX = {"image": 0.08, "second": 0.04, "video": 0.04, "audio": 0.28, "reason": 0.42, "chain": 0.14}
"""Shares of the training batches. Whole chains are long, and mostly repeat what the other tasks teach."""

Slot = tuple[str, ...]


@dataclass(frozen=True)
class BagBatch:
    """Texts with bags, padded on the right.

    Attributes:
        words_BLK: token ids whose embeddings are summed at each position; 0 is no word.
        labels_BL: next-token targets at their own positions (not shifted), -100 where nothing is learned.
        valid_BL: bool, False on padding.
        tellings: what the rows say.
        seed: of the noise on the slots.
    """

    words_BLK: Tensor
    labels_BL: Tensor
    valid_BL: Tensor
    tellings: tuple[Telling, ...]
    seed: int

    @property
    def count_BL(self) -> Tensor:  # noqa: N802
        """How many words a position sums; more than one only in slots."""
        return (self.words_BLK != 0).sum(-1)

    def to(self, device: torch.device) -> BagBatch:
        """The same batch with its tensors on a device; Lightning calls this."""
        words_BLK, labels_BL, valid_BL = (t.to(device) for t in (self.words_BLK, self.labels_BL, self.valid_BL))
        return BagBatch(words_BLK, labels_BL, valid_BL, self.tellings, self.seed)


def thinker_tokenizer() -> PreTrainedTokenizerFast:
    """The tiny tokenizer with the published special tokens at its end."""
    tokenizer = build_tokenizer(_corpus())
    tokenizer.add_tokens(list(SPECIAL_TOKENS), special_tokens=True)
    return tokenizer


@cache
def _corpus() -> tuple[str, ...]:
    return tuple(language())  # takes seconds; both the data and the task ask for it


def video_slots(scene: Scene, moments: Sequence[int], rng: np.random.Generator, *, noisy: bool) -> list[Slot]:
    """Slots of some frames, `VIDEO_SLOTS` each: (zone, colour if tinted, category)."""
    slots: list[Slot] = []
    for moment in moments:
        things = []
        for s in scene.stickers:
            chance = rng.random() if noisy else 1.0
            if chance >= MISSED:
                name = NAMES[rng.integers(len(NAMES))] if chance < MISSED + MISTAKEN else s.category
                things.append(tuple(filter(None, (str(zone_at(s, moment)), s.colour, name))))
        slots += _shuffled(things, VIDEO_SLOTS, rng)
    return slots


def audio_slots(scene: Scene, moments: Sequence[int], rng: np.random.Generator, *, noisy: bool) -> list[Slot]:
    """Slots of some seconds, `AUDIO_SLOTS` each: (category, level). First and last seconds of a sound are exact."""
    slots: list[Slot] = []
    levels = list(Level)
    for moment in moments:
        things = []
        for s in scene.stickers:
            if s.sound is None or not s.sound.start_s <= moment < s.sound.end_s:
                continue
            inside = s.sound.start_s < moment < s.sound.end_s - 1
            chance = rng.random() if noisy and inside else 1.0
            if chance >= MISSED:
                level = levels[rng.integers(3)] if chance < MISSED + MISTAKEN else s.sound.level
                things.append((s.category, str(level)))
        slots += _shuffled(things, AUDIO_SLOTS, rng)
    return slots


def _shuffled(things: list[Slot], count: int, rng: np.random.Generator) -> list[Slot]:
    filled = [*things, *[FILLER] * (count - len(things))]
    return [filled[i] for i in rng.permutation(count)]


class BagWriter:
    """Turns tellings into padded rows of word ids."""

    def __init__(self, tokenizer: PreTrainedTokenizerFast) -> None:
        self.tokenizer: Any = tokenizer
        ids = self.tokenizer.convert_tokens_to_ids
        self._bag_ids = {name: ids(f"<{name}>") for name in ("image", "video", "audio")}

    def row(self, telling: Telling, rng: np.random.Generator, *, noisy: bool, answered: bool = True) -> tuple[
        NDArray[np.int64], NDArray[np.int64]
    ]:  # fmt: skip
        """Word ids (L, K) and labels (L,) of one text; without its answer for generation."""
        bags = self._bags(telling, rng, noisy)
        words: list[tuple[int, ...]] = [(self.tokenizer.bos_token_id,)]
        for token in self._ids(telling.prompt):
            words += bags.get(token, [(token,)])
        labels = [UNLEARNED] * len(words)
        for part, learned in self._answer(telling) if answered else ():
            ids = self._ids(part)
            words += [(token,) for token in ids]
            labels += ids if learned else [UNLEARNED] * len(ids)
        if answered:
            words.append((self.tokenizer.eos_token_id,))
            labels.append(self.tokenizer.eos_token_id)
        rows_LK = np.zeros((len(words), WORDS_PER_SLOT), np.int64)
        for i, ids in enumerate(words):
            rows_LK[i, : len(ids)] = ids
        return rows_LK, np.array(labels)

    def batch(
        self, tellings: Sequence[Telling], rng: np.random.Generator, *, noisy: bool, answered: bool = True
    ) -> BagBatch:
        """Rows padded to the longest: on the right for training, on the left for generation."""
        rows = [self.row(telling, rng, noisy=noisy, answered=answered) for telling in tellings]
        longest = max(len(words) for words, _ in rows)
        words_BLK = np.zeros((len(rows), longest, WORDS_PER_SLOT), np.int64)
        labels_BL = np.full((len(rows), longest), UNLEARNED)
        valid_BL = np.zeros((len(rows), longest), bool)
        for b, (words, labels) in enumerate(rows):
            where = slice(0, len(words)) if answered else slice(longest - len(words), longest)
            words_BLK[b, where], labels_BL[b, where], valid_BL[b, where] = words, labels, True
        words, labels, valid = (torch.from_numpy(array) for array in (words_BLK, labels_BL, valid_BL))
        return BagBatch(words, labels, valid, tuple(tellings), int(rng.integers(2**31)))

    def _bags(self, telling: Telling, rng: np.random.Generator, noisy: bool) -> dict[int, list[tuple[int, ...]]]:
        alone = telling.task in (Task.image, Task.second)
        moments = [telling.moment] if alone else range(N_FRAMES)
        noisy = noisy and not alone  # of one frame only, nobody could say what is missing
        slots = {
            "audio": audio_slots(telling.heard, moments, rng, noisy=noisy),
            "video": video_slots(telling.seen, moments, rng, noisy=noisy),
        }
        slots["image"] = slots["video"]
        to_ids = self.tokenizer.convert_tokens_to_ids
        return {self._bag_ids[name]: [tuple(to_ids(list(slot))) for slot in slots[name]] for name in slots}

    def _answer(self, telling: Telling) -> list[tuple[str, bool]]:
        if not telling.hidden:
            return [(telling.answer, True)]
        before, after = telling.answer.split(telling.hidden)
        return [(before, True), (telling.hidden, False), (after, True)]

    def _ids(self, text: str) -> list[int]:
        return self.tokenizer(text, add_special_tokens=False).input_ids


class LanguageData(StreamData):
    """Batches of one task each, drawn by `mix`; validation is whole chains on scenes of its own.

    Args:
        batch_rows: rows of a batch; half as many for whole chains.
        steps_per_epoch, val_batches, seed, workers: see `StreamData`.
        mix: share of the batches by task.
    """

    def __init__(
        self,
        *,
        steps_per_epoch: int,
        batch_rows: int = 32,
        val_batches: int = 3,
        seed: int = 0,
        workers: int = 0,
        mix: Mapping[str, float] = MIX,
    ) -> None:
        self.writer = BagWriter(thinker_tokenizer())
        self.batch_rows, self.mix = batch_rows, {Task(name): share for name, share in mix.items()}
        super().__init__(
            self._train_batch,
            partial(self._tell_batch, Task.chain, noisy=False),
            _only,
            batch_size=1,
            steps_per_epoch=steps_per_epoch,
            val_batches=val_batches,
            seed=seed,
            workers=workers,
        )

    def _train_batch(self, rng: np.random.Generator) -> BagBatch:
        shares = np.cumsum(list(self.mix.values()))
        task = list(self.mix)[int(np.searchsorted(shares, rng.random() * shares[-1], side="right"))]
        return self._tell_batch(task, rng, noisy=True)

    def _tell_batch(self, task: Task, rng: np.random.Generator, *, noisy: bool) -> BagBatch:
        rows = self.batch_rows // (2 if task is Task.chain else 1)
        return self.writer.batch([tell(rng, task) for _ in range(rows)], rng, noisy=noisy)


def _only(batches: list[BagBatch]) -> BagBatch:
    return batches[0]
