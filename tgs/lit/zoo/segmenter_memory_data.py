"""What the tiny segmenter's memory is trained on: made clips, some of their objects, and the boxes that are shown."""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from tgs.lit.zoo.segmenter_data import SMALLEST_PX, boxes_of
from tgs.lit.zoo.segmenter_memory import ClipBatch
from tgs.lit.zoo.stream import StreamData
from tgs.segment.features import to_pixels
from tgs.stickers.art import ArtBank
from tgs.stickers.categories import CATEGORIES
from tgs.stickers.render import render_frames
from tgs.stickers.sample import sample_scene
from tgs.stickers.scene import N_FRAMES


class Followed(NamedTuple):
    """A clip with some of its objects.

    Attributes:
        frames_NHWC: all frames.
        masks_KNHW: of the objects, on all frames.
        used: frames that are looked at, in order.
        prompted: those of them whose boxes are shown.
    """

    frames_NHWC: NDArray[np.uint8]
    masks_KNHW: NDArray[np.bool_]
    used: list[int]
    prompted: list[int]


def make_val(rng: np.random.Generator, *, art: ArtBank, objects: int = 5) -> Followed:
    """A clip as the benchmark has them, of any of the categories, with up to `objects` that are seen on every frame.

    All frames are looked at, and the box of the first is shown.
    """
    while True:
        scene = sample_scene(rng, "zoo_0_10000", categories=tuple(CATEGORIES))
        frames_NHWC, masks_KNHW = render_frames(scene, art)
        seen = np.flatnonzero((masks_KNHW.sum((2, 3)) >= SMALLEST_PX).all(1))
        if len(seen):
            return Followed(frames_NHWC, masks_KNHW[rng.permutation(seen)[:objects]], [*range(N_FRAMES)], [0])


def make_train(rng: np.random.Generator, *, art: ArtBank, objects: int) -> Followed:
    """The same, but any three frames or more are looked at, and boxes of one of them or, in half of the clips, of more.

    Left-out frames make objects move faster than the benchmark's.
    """
    made = make_val(rng, art=art, objects=objects)
    used = sorted(rng.choice(N_FRAMES, rng.integers(3, N_FRAMES + 1), replace=False).tolist())
    shown = 1 if rng.random() < 0.5 else int(rng.integers(1, len(used)))
    return made._replace(used=used, prompted=sorted(rng.choice(used, shown, replace=False).tolist()))


def collate(examples: list[Followed], *, size_px: int) -> ClipBatch:
    """Clips in the model's own form; the first one says for all which frames are looked at and which boxes shown."""
    used = examples[0].used
    height, width = examples[0].frames_NHWC.shape[1:3]
    scale = np.array([size_px / width, size_px / height] * 2, np.float32)
    frames_MHWC = np.concatenate([example.frames_NHWC[used] for example in examples])
    masks_NBHW = np.concatenate([example.masks_KNHW[:, used] for example in examples]).swapaxes(0, 1)
    clip_B = torch.tensor([place for place, example in enumerate(examples) for _ in example.masks_KNHW])
    return ClipBatch(
        pixels_MCSS=to_pixels(frames_MHWC, size_px, torch.device("cpu")),
        row_NB=torch.arange(len(used))[:, None] + len(used) * clip_B,
        boxes_NB4=torch.from_numpy(np.stack([boxes_of(masks_BHW) for masks_BHW in masks_NBHW]) * scale),
        masks_NBHW=torch.from_numpy(masks_NBHW).float(),
        prompted=[used.index(frame) for frame in examples[0].prompted],
    )


class MemoryData(StreamData):
    """Some frames and boxes of some in training; all frames and the first one's box in validation.

    Args:
        size_px: the model's input size.
        objects: most objects that a training clip gives; validation uses all.
        batch_size, steps_per_epoch, val_batches, seed: see `StreamData`.
    """

    def __init__(
        self,
        *,
        batch_size: int,
        steps_per_epoch: int,
        val_batches: int,
        size_px: int = 256,
        objects: int = 2,
        seed: int = 0,
    ) -> None:
        art = ArtBank()
        super().__init__(
            functools.partial(make_train, art=art, objects=objects),
            functools.partial(make_val, art=art),
            functools.partial(collate, size_px=size_px),
            batch_size=batch_size,
            steps_per_epoch=steps_per_epoch,
            val_batches=val_batches,
            seed=seed,
        )
