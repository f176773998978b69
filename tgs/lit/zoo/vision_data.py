"""Endless crowded pictures for the vision encoder, and which object covers each patch of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from tgs.lit.zoo.stream import StreamData
from tgs.stickers.art import ArtBank
from tgs.stickers.categories import CATEGORIES, COLOURS
from tgs.stickers.render import render_frame
from tgs.stickers.sample import sample_scene
from tgs.stickers.scene import N_FRAMES, Scene, Sticker
from tgs.think.encoders.clip import resize

NAMES = tuple(CATEGORIES)
"""Class k of the object heads is NAMES[k]; class len(NAMES) is background."""
TINTS = ("", *COLOURS)
"""Class k of the colour head is TINTS[k]; the first is untinted."""
BACKGROUND = len(NAMES)
UNSEEN = -100
MIN_SHARE = 0.15
"""Of a patch, that an object must cover to own it."""
PACKED_SHARE = 0.8
"""Of the training pictures; the others are scenes as the benchmark has them."""
FEWEST, MOST = 5, 8
"""Stickers of a packed picture."""
PICTURES_PER_BACKGROUND = 8
"""Painting a background takes longer than all that stands on it, so a batch shares a few."""


@dataclass(frozen=True)
class PatchBatch:
    """Pictures and what their patches show.

    Attributes:
        frames_BHWC: uint8 RGB, already of the encoder's size.
        objects_BP: class of the object that covers most of a patch, or BACKGROUND.
        tints_BP: class of that object's tint, -100 on background.
    """

    frames_BHWC: Tensor
    objects_BP: Tensor
    tints_BP: Tensor

    @property
    def present_BV(self) -> Tensor:  # noqa: N802
        """Float 0 or 1: whether a category owns any patch of a picture."""
        return F.one_hot(self.objects_BP, BACKGROUND + 1).amax(1)[:, :-1].float()

    def to(self, device: torch.device) -> PatchBatch:
        """The same batch on a device; Lightning calls this."""
        return PatchBatch(self.frames_BHWC.to(device), self.objects_BP.to(device), self.tints_BP.to(device))


def packed_scene(rng: np.random.Generator) -> Scene:
    """Five to eight stickers of any categories at any height, so that one picture teaches as much as it can."""
    count = int(rng.integers(FEWEST, MOST + 1))
    stickers: list[Sticker] = []
    while len(stickers) < count:
        scene = sample_scene(rng, "packed", categories=NAMES)
        stickers += scene.stickers
    columns = rng.permutation(count)
    moved = [
        replace(
            sticker,
            x=float((column + rng.uniform(0.2, 0.8)) / count),
            y=float(rng.uniform(0.2, 0.8)),
            height=float(CATEGORIES[sticker.category].height * rng.uniform(0.65, 1.15)),
        )
        for sticker, column in zip(stickers, columns, strict=False)
    ]
    return replace(scene, stickers=tuple(moved))


def patch_owners(masks_KHW: NDArray[np.bool_], grid: int) -> NDArray[np.int64]:
    """Which object covers most of each patch.

    Args:
        masks_KHW: visible parts.
        grid: patches along an edge; the picture is squeezed into a square.

    Returns:
        (P,) in reading order: index of the object, or -1 where none covers `MIN_SHARE`.
    """
    shares_KP = F.adaptive_avg_pool2d(torch.from_numpy(masks_KHW).float(), grid).flatten(1)
    most_P, owner_P = shares_KP.max(0)
    return torch.where(most_P > MIN_SHARE, owner_P, -1).numpy()


class VisionData(StreamData):
    """Packed pictures to train on, ordinary scenes to validate on; the art is the same, arranged anew.

    Args:
        steps_per_epoch, val_batches, seed, workers: see `StreamData`.
        pictures: of a batch.
        image_px, grid: the encoder's input size and patches along an edge.
    """

    def __init__(
        self,
        *,
        steps_per_epoch: int,
        pictures: int = 32,
        image_px: int = 128,
        grid: int = 8,
        val_batches: int = 8,
        seed: int = 0,
        workers: int = 0,
    ) -> None:
        self.art, self.pictures, self.image_px, self.grid = ArtBank(), pictures, image_px, grid
        super().__init__(
            partial(self.draw, packed_share=PACKED_SHARE),
            partial(self.draw, packed_share=0.0),
            _only,
            batch_size=1,  # an example is a whole batch, because its pictures share backgrounds
            steps_per_epoch=steps_per_epoch,
            val_batches=val_batches,
            seed=seed,
            workers=workers,
        )

    def draw(self, rng: np.random.Generator, *, packed_share: float) -> PatchBatch:
        """One batch of pictures."""
        pictures, owners, tints = [], [], []
        backgrounds = rng.integers(2**31, size=-(-self.pictures // PICTURES_PER_BACKGROUND)).tolist()
        for i in range(self.pictures):
            packed = rng.random() < packed_share
            scene = packed_scene(rng) if packed else sample_scene(rng, "plain", categories=NAMES)
            background = backgrounds[i // PICTURES_PER_BACKGROUND]
            pan = tuple(float(value) for value in rng.random(4))
            scene = replace(scene, background=background, pan=pan)
            frame_HWC, masks_KHW = render_frame(scene, self.art, int(rng.integers(N_FRAMES)))
            pictures.append(resize(frame_HWC[None], self.image_px)[0])
            owner_P = patch_owners(masks_KHW, self.grid)
            owners.append(_classes(owner_P, [NAMES.index(s.category) for s in scene.stickers], BACKGROUND))
            tints.append(_classes(owner_P, [TINTS.index(s.colour) for s in scene.stickers], UNSEEN))
        return PatchBatch(*(torch.from_numpy(np.stack(arrays)) for arrays in (pictures, owners, tints)))


def _classes(owner_P: NDArray[np.int64], class_of: Sequence[int], nobody: int) -> NDArray[np.int64]:
    return np.array([*class_of, nobody])[owner_P]  # -1 takes the last


def _only(batches: list[PatchBatch]) -> PatchBatch:
    return batches[0]
