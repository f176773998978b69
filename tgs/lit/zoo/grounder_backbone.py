"""First step of training the tiny detector: its Swin learns the categories' looks from frames full of stickers.

Naming is what limits a small detector, and here one frame gives 8 to 28 named objects for the price of the
backbone alone. `GrounderTask(backbone=...)` starts from the export.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any, NamedTuple

import lightning as L
import numpy as np
import torch
import torch.nn.functional as F
from lightning.pytorch.utilities.types import OptimizerLRScheduler
from numpy.typing import NDArray
from torch import Tensor, nn

from tgs.ground.hf import build, to_pixels
from tgs.lit.optim import Optim, configure, hidden_matrices
from tgs.lit.zoo.crowd import packed
from tgs.lit.zoo.grounder_sizes import SHIPPED, GrounderSizes
from tgs.lit.zoo.stream import StreamData
from tgs.stickers.art import ArtBank
from tgs.stickers.categories import CATEGORIES
from tgs.stickers.render import render_frame

NOBODY = -100


class Packed(NamedTuple):
    """A frame full of stickers: their categories (K,) and the centres (K, 2) of what is seen of them, in [-1, 1]."""

    frame_HWC: NDArray[np.uint8]
    labels_K: NDArray[np.int64]
    points_K2: NDArray[np.float32]


class PointBatch(NamedTuple):
    """Normalised frames; points in [-1, 1], padded where the label is `NOBODY`."""

    pixels_BCHW: Tensor
    labels_BK: Tensor
    points_BK2: Tensor


class PointHead(nn.Module):
    """Names what is at a point, from the two stages that the detector uses."""

    def __init__(self, widths: list[int], categories: int, hidden: int = 128) -> None:
        super().__init__()
        self.reads = nn.ModuleList(nn.Linear(width, hidden) for width in widths)
        self.norm, self.names = nn.LayerNorm(hidden), nn.Linear(hidden, categories)

    def forward(self, maps: tuple[Tensor, ...], points_BK2: Tensor) -> Tensor:
        """Logits (B, K, categories)."""
        mixed = torch.zeros(())
        for read, map_BDhw in zip(self.reads, maps, strict=True):
            at_BDK = F.grid_sample(map_BDhw, points_BK2[:, None], padding_mode="border", align_corners=False)[:, :, 0]
            mixed = mixed + read(at_BDK.transpose(1, 2))
        return self.names(F.relu(self.norm(mixed)))


class BackboneTask(L.LightningModule):
    """Classification at object centres.

    Args:
        optim: settings.
        sizes: of the detector that the backbone is for.
        blur: standard deviation of the noise on the points, in half frames.
    """

    def __init__(self, *, optim: Optim, sizes: GrounderSizes = SHIPPED, blur: float = 0.02) -> None:
        super().__init__()
        self.optim, self.blur = optim, blur
        detector: Any = build(sizes.config())
        self.backbone = detector.model.backbone.conv_encoder.model
        self.head = PointHead([sizes.swin_embed * 4, sizes.swin_embed * 8], len(CATEGORIES))
        self._right: list[Tensor] = []

    def training_step(self, batch: PointBatch, batch_idx: int) -> Tensor:
        """Smoothed cross entropy over all points."""
        points = batch.points_BK2 + torch.randn_like(batch.points_BK2) * self.blur
        logits_BKV = self.head(self.backbone(batch.pixels_BCHW).feature_maps, points)
        flat = logits_BKV.flatten(0, 1), batch.labels_BK.flatten()
        loss = F.cross_entropy(*flat, ignore_index=NOBODY, label_smoothing=0.05)
        self.log("train/loss", loss, prog_bar=True, batch_size=len(batch.labels_BK))
        return loss

    def validation_step(self, batch: PointBatch, batch_idx: int) -> None:
        """Notes which points are named rightly."""
        names_BK = self.head(self.backbone(batch.pixels_BCHW).feature_maps, batch.points_BK2).argmax(-1)
        self._right.append((names_BK == batch.labels_BK)[batch.labels_BK != NOBODY])

    def on_validation_epoch_end(self) -> None:
        """Logs val/accuracy over all objects."""
        self.log("val/accuracy", torch.cat(self._right).float().mean(), prog_bar=True)
        self._right.clear()

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """On everything."""
        steps = int(self.trainer.estimated_stepping_batches)
        return configure(self.parameters(), self.optim, steps, hidden_matrices(self))

    def export(self, folder: Path) -> None:
        """Writes `backbone.safetensors` in fp32: an intermediate that is trained on, not shipped."""
        from safetensors.torch import save_file

        folder.mkdir(parents=True, exist_ok=True)
        state = {key: value.detach().contiguous().cpu() for key, value in self.backbone.state_dict().items()}
        save_file(state, folder / "backbone.safetensors")


def make_packed(rng: np.random.Generator, *, art: ArtBank, size_hw: tuple[int, int]) -> Packed:
    """One frame, drawn at the detector's own input size."""
    scene = packed(rng)
    frame_HWC, masks_KHW = render_frame(scene, art, 0, width_px=size_hw[1], height_px=size_hw[0])
    names = list(CATEGORIES)
    labels, points = [], []
    for sticker, mask_HW in zip(scene.stickers, masks_KHW, strict=True):
        y, x = np.nonzero(mask_HW)
        if len(x) >= 20:
            labels.append(names.index(sticker.category))
            points.append((2 * (x.mean() + 0.5) / size_hw[1] - 1, 2 * (y.mean() + 0.5) / size_hw[0] - 1))
    return Packed(frame_HWC, np.array(labels, np.int64), np.array(points, np.float32))


def collate(examples: list[Packed], *, size_hw: tuple[int, int]) -> PointBatch:
    """Pads the objects of the frames to one number."""
    most = max(len(example.labels_K) for example in examples)
    labels_BK = torch.full((len(examples), most), NOBODY)
    points_BK2 = torch.zeros(len(examples), most, 2)
    for row, example in enumerate(examples):
        labels_BK[row, : len(example.labels_K)] = torch.from_numpy(example.labels_K)
        points_BK2[row, : len(example.labels_K)] = torch.from_numpy(example.points_K2)
    frames_BHWC = np.stack([example.frame_HWC for example in examples])
    return PointBatch(to_pixels(frames_BHWC, size_hw, torch.device("cpu")), labels_BK, points_BK2)


class BackboneData(StreamData):
    """Packed frames. Arguments as of `GrounderData`."""

    def __init__(
        self,
        *,
        batch_size: int,
        steps_per_epoch: int,
        val_batches: int,
        height_px: int = 128,
        width_px: int = 224,
        seed: int = 0,
    ) -> None:
        size_hw = (height_px, width_px)
        make = functools.partial(make_packed, art=ArtBank(), size_hw=size_hw)
        super().__init__(
            make,
            make,
            functools.partial(collate, size_hw=size_hw),
            batch_size=batch_size,
            steps_per_epoch=steps_per_epoch,
            val_batches=val_batches,
            seed=seed,
        )
