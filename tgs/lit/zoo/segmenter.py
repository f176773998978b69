"""Training the tiny segmenter: one box in, one mask out, on made sticker frames.

SAM 2's own recipe (20 x focal + dice) collapses to empty masks at this size. What works is a binary cross
entropy that weighs the inside of a widened box and the rest of the frame separately, plus dice.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, NamedTuple

import lightning as L
import torch
import torch.nn.functional as F
from lightning.pytorch.utilities.types import OptimizerLRScheduler
from torch import Tensor, nn

from tgs.lit.optim import Optim, configure, hidden_matrices
from tgs.segment.features import encode
from tgs.segment.sam2 import build, candidates, decode

LEARNS = ("image_encoder", "sam_prompt_encoder", "sam_mask_decoder", "no_mem_embed")
"""The memory stays as it was initialised: `MemoryTask` teaches it afterwards."""


class BoxBatch(NamedTuple):
    """Frames with some of their objects.

    Attributes:
        pixels_BCSS: normalised square frames.
        frame_K: which frame each object is on.
        boxes_K4: xyxy in pixels of the square frames.
        masks_KHW: float 0/1 at the frames' own size.
    """

    pixels_BCSS: Tensor
    frame_K: Tensor
    boxes_K4: Tensor
    masks_KHW: Tensor


def mask_loss(logits_KMhw: Tensor, iou_KM: Tensor, object_K1: Tensor, masks_KHW: Tensor, boxes_K4: Tensor) -> Tensor:
    """2 x weighted BCE + dice of the best candidate, + squared error of the IoU head, + 0.05 object score.

    Args:
        logits_KMhw: M candidates for each of K boxes at the decoder's own size.
        iou_KM: the IoU that the head predicts for each candidate.
        object_K1: logit of "there is an object".
        masks_KHW: truth at any size.
        boxes_K4: xyxy as fractions of the frame, unjittered.

    Returns:
        Scalar mean over boxes.
    """
    truth_KMhw = _small(masks_KHW, logits_KMhw)
    loss_KM = outline_loss(logits_KMhw, masks_KHW, boxes_K4)
    best_K1 = loss_KM.argmin(1, keepdim=True)
    reached_KM = mask_iou(logits_KMhw.detach() > 0, truth_KMhw > 0.5)
    present = F.binary_cross_entropy_with_logits(object_K1, torch.ones_like(object_K1))
    return loss_KM.gather(1, best_K1).mean() + F.mse_loss(iou_KM, reached_KM) + 0.05 * present


def outline_loss(logits_KMhw: Tensor, masks_KHW: Tensor, boxes_K4: Tensor) -> Tensor:
    """2 x weighted BCE + dice (K, M) of every candidate; arguments as of `mask_loss`."""
    truth_KMhw = _small(masks_KHW, logits_KMhw)
    weight_K1hw = near_and_far(boxes_K4, (logits_KMhw.shape[-2], logits_KMhw.shape[-1]))
    bce_KMhw = F.binary_cross_entropy_with_logits(logits_KMhw, truth_KMhw, reduction="none")
    soft_KMhw = logits_KMhw.sigmoid()
    overlap_KM = (soft_KMhw * truth_KMhw).sum((2, 3))
    dice_KM = 1 - (2 * overlap_KM + 1) / ((soft_KMhw + truth_KMhw).sum((2, 3)) + 1)
    return 2 * (bce_KMhw * weight_K1hw).sum((2, 3)) + dice_KM


def _small(masks_KHW: Tensor, logits_KMhw: Tensor) -> Tensor:
    height, width = logits_KMhw.shape[-2:]
    return F.adaptive_avg_pool2d(masks_KHW[:, None], (height, width)).expand_as(logits_KMhw)


def near_and_far(boxes_K4: Tensor, size_hw: tuple[int, int]) -> Tensor:
    """Pixel weights (K, 1, h, w): those inside 1.4 x the box (and a margin) sum to 1, all others to 0.5.

    Without them most pixels are easy background and "empty" is the best early answer.
    """
    height, width = size_hw
    y_h1 = (torch.arange(height, device=boxes_K4.device) + 0.5)[:, None] / height
    x_1w = (torch.arange(width, device=boxes_K4.device) + 0.5)[None] / width
    x0, y0, x1, y1 = (edge[:, None, None] for edge in boxes_K4.unbind(1))
    inside_x = (x_1w - (x0 + x1) / 2).abs() < 0.7 * (x1 - x0) + 1 / width
    inside_y = (y_h1 - (y0 + y1) / 2).abs() < 0.7 * (y1 - y0) + 1 / height
    near = (inside_x & inside_y).float()
    far = 1 - near
    weight = near / near.sum((1, 2), keepdim=True).clamp(1) + 0.5 * far / far.sum((1, 2), keepdim=True).clamp(1)
    return weight[:, None]


def mask_iou(one: Tensor, other: Tensor) -> Tensor:
    """IoU of boolean masks over the last two dimensions; 0 where both are empty."""
    return (one & other).sum((-2, -1)) / (one | other).sum((-2, -1)).clamp(1)


class SegmenterTask(L.LightningModule):
    """Box-prompted masks from scratch.

    Args:
        config: the model's YAML, see `tgs.segment.sam2.build`.
        optim: settings.
        jitter: standard deviation of the noise on box edges, as a fraction of the box's size, on 60 % of the boxes:
            detector boxes are never exact.
    """

    def __init__(self, *, config: str, optim: Optim, jitter: float = 0.05) -> None:
        super().__init__()
        self.config, self.optim, self.jitter = config, optim, jitter
        self.model: Any = build(config)
        for name, parameter in self.model.named_parameters():
            parameter.requires_grad_(name.startswith(LEARNS))
        self._ious: list[Tensor] = []

    def training_step(self, batch: BoxBatch, batch_idx: int) -> Tensor:
        """One step on jittered truth boxes."""
        features = encode(self.model, batch.pixels_BCSS)
        boxes_K4 = jittered(batch.boxes_K4, self.jitter, self.model.image_size)
        found = candidates(self.model, features, batch.frame_K, boxes_K4)
        fractions_K4 = batch.boxes_K4 / self.model.image_size
        single, others = (  # the stability rule falls back from the single mask to the best of the other three
            mask_loss(found[0][:, part], found[1][:, part], found[2], batch.masks_KHW, fractions_K4)
            for part in (slice(0, 1), slice(1, None))
        )
        loss = single + others
        self.log("train/loss", loss, prog_bar=True, batch_size=len(batch.boxes_K4))
        return loss

    def validation_step(self, batch: BoxBatch, batch_idx: int) -> None:
        """IoU at the frames' own size, exactly as `Sam2.segment` makes masks."""
        features = encode(self.model, batch.pixels_BCSS)
        logits_K1hw = decode(self.model, features, batch.frame_K, batch.boxes_K4)
        shown = F.interpolate(logits_K1hw, batch.masks_KHW.shape[-2:], mode="bilinear", align_corners=False)[:, 0] > 0
        self._ious.append(mask_iou(shown, batch.masks_KHW > 0))

    def on_validation_epoch_end(self) -> None:
        """Logs val/miou over all objects, and the share of good masks."""
        iou_K = torch.cat(self._ious)
        self._ious.clear()
        self.log("val/miou", iou_K.mean(), prog_bar=True)
        self.log("val/above_85", (iou_K > 0.85).float().mean())

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """On what learns."""
        learning = [parameter for parameter in self.model.parameters() if parameter.requires_grad]
        steps = int(self.trainer.estimated_stepping_batches)
        return configure(learning, self.optim, steps, hidden_matrices(self.model))

    def export(self, folder: Path) -> None:
        """See `export`."""
        export(self.model, Path(self.config), folder)


def jittered(boxes_K4: Tensor, share: float, size_px: int) -> Tensor:
    """Six of ten boxes with noise on their edges, its standard deviation a share of the box's size."""
    size_K4 = (boxes_K4[:, 2:] - boxes_K4[:, :2]).repeat(1, 2)
    moved = (boxes_K4 + torch.randn_like(boxes_K4) * size_K4 * share).clamp(0, size_px)
    return torch.where(torch.rand(len(boxes_K4), 1, device=boxes_K4.device) < 0.6, moved, boxes_K4)


def export(model: nn.Module, config: Path, folder: Path) -> None:
    """Writes `model.safetensors` (fp16) and `config.yaml`: what `Sam2(weights=folder)` reads."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    state = {key: value.detach().half().contiguous().cpu() for key, value in model.state_dict().items()}
    save_file(state, folder / "model.safetensors")
    shutil.copyfile(config, folder / "config.yaml")
