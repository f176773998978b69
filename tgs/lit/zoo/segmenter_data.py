"""What the tiny segmenter is trained on: made frames, the boxes of their objects, and the outlines in them."""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from tgs.lit.zoo.crowd import benchmark_frame, crowd
from tgs.lit.zoo.segmenter import BoxBatch
from tgs.lit.zoo.stream import StreamData
from tgs.segment.features import to_pixels
from tgs.stickers.art import ArtBank
from tgs.stickers.render import render_frame

SMALLEST_PX = 60
"""Objects with fewer visible pixels are left out: hardly anything of them is seen."""


class Outlined(NamedTuple):
    """A frame and the masks of some objects on it."""

    frame_HWC: NDArray[np.uint8]
    masks_KHW: NDArray[np.bool_]


def boxes_of(masks_KHW: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Tight boxes (K, 4), xyxy pixels, right and bottom edge exclusive; every mask must have a pixel."""
    boxes = []
    for mask_HW in masks_KHW:
        y, x = np.flatnonzero(mask_HW.any(1)), np.flatnonzero(mask_HW.any(0))
        boxes.append((x[0], y[0], x[-1] + 1, y[-1] + 1))
    return np.array(boxes, np.float32).reshape(-1, 4)


def make_outlined(rng: np.random.Generator, *, art: ArtBank, crowds: float, objects: int) -> Outlined:
    """One frame with up to `objects` of its objects, in random order."""
    while True:
        scene, index = (crowd(rng), 0) if rng.random() < crowds else benchmark_frame(rng)
        frame_HWC, masks_KHW = render_frame(scene, art, index)
        seen = np.flatnonzero(masks_KHW.sum((1, 2)) >= SMALLEST_PX)
        if len(seen):
            return Outlined(frame_HWC, masks_KHW[rng.permutation(seen)[:objects]])


def collate(examples: list[Outlined], *, size_px: int) -> BoxBatch:
    """Frames in the model's own form; boxes in its pixels."""
    frames_BHWC = np.stack([example.frame_HWC for example in examples])
    height, width = frames_BHWC.shape[1:3]
    scale = np.array([size_px / width, size_px / height] * 2, np.float32)
    return BoxBatch(
        pixels_BCSS=to_pixels(frames_BHWC, size_px, torch.device("cpu")),
        frame_K=torch.tensor([row for row, example in enumerate(examples) for _ in example.masks_KHW]),
        boxes_K4=torch.from_numpy(np.concatenate([boxes_of(example.masks_KHW) for example in examples]) * scale),
        masks_KHW=torch.from_numpy(np.concatenate([example.masks_KHW for example in examples])).float(),
    )


class SegmenterData(StreamData):
    """Half crowds, half benchmark frames in training; benchmark frames in validation.

    Args:
        size_px: the model's input size.
        objects: most objects a training frame gives; validation uses all.
        crowds: share of fuller scenes in training.
        batch_size, steps_per_epoch, val_batches, seed: see `StreamData`.
    """

    def __init__(
        self,
        *,
        batch_size: int,
        steps_per_epoch: int,
        val_batches: int,
        size_px: int = 256,
        objects: int = 5,
        crowds: float = 0.5,
        seed: int = 0,
    ) -> None:
        art = ArtBank()
        super().__init__(
            functools.partial(make_outlined, art=art, crowds=crowds, objects=objects),
            functools.partial(make_outlined, art=art, crowds=0.0, objects=9),
            functools.partial(collate, size_px=size_px),
            batch_size=batch_size,
            steps_per_epoch=steps_per_epoch,
            val_batches=val_batches,
            seed=seed,
        )
