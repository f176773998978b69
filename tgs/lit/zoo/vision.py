"""How the tiny CLIP-like vision encoder learns what stands where: dense labels on patches, and all labels on CLS.

Patches also tell their own column and row. Naming what covers a patch needs no place, so that an encoder taught that
alone forgets it, and then no Q-Former, which has no positions of its own, can say what stands where.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import lightning as L
import numpy as np
import torch
from lightning.pytorch.utilities.types import OptimizerLRScheduler
from torch import Tensor, nn
from torch.nn import functional as F

from tgs.lit.optim import Optim, configure, hidden_matrices
from tgs.lit.zoo.scores import mean_average_precision
from tgs.lit.zoo.vision_data import BACKGROUND, NAMES, TINTS, UNSEEN, PatchBatch, VisionData
from tgs.think.encoders.clip import ClipEncoder, save_clip

BACKGROUND_WEIGHT = 0.3
"""Most patches show background, which is easy."""
CLS_WEIGHT, TINT_WEIGHT, PLACE_WEIGHT = 0.9, 0.3, 0.3
RIDGE = 0.002
"""Added to the variances before whitening, as a share of the largest."""
FILTER_GAIN = 0.3


class Said(NamedTuple):
    """Logits of the heads: objects, tints, columns and rows of each patch, and what CLS says is there."""

    objects_BPV: Tensor
    tints_BPT: Tensor
    columns_BPG: Tensor
    rows_BPG: Tensor
    present_BV: Tensor


class VisionPretraining(L.LightningModule):
    """Trains `ClipEncoder` through linear heads, which are not exported.

    Args:
        optim: optimiser settings.
        image_px, patch_px, width, layers, heads: sizes of the encoder; its last hidden state is what is trained.
        jitter: standard deviation of the brightness and colour changes, in normalised pixel units.
        init_pictures: pictures from which the first filters are computed; 0 leaves them random.
    """

    def __init__(
        self,
        *,
        optim: Optim,
        image_px: int = 128,
        patch_px: int = 16,
        width: int = 128,
        layers: int = 4,
        heads: int = 4,
        jitter: float = 0.2,
        init_pictures: int = 128,
    ) -> None:
        super().__init__()
        self.optim, self.jitter = optim, jitter
        self.encoder = ClipEncoder(
            {
                "hidden_size": width,
                "intermediate_size": 4 * width,
                "num_hidden_layers": layers,
                "num_attention_heads": heads,
                "image_size": image_px,
                "patch_size": patch_px,
            },
            layer=-1,
        )
        self.patch_head = nn.Linear(width, len(NAMES) + 1)
        self.tint_head = nn.Linear(width, len(TINTS))
        self.cls_head = nn.Linear(width, len(NAMES))
        self.grid = image_px // patch_px
        self.column_head, self.row_head = nn.Linear(width, self.grid), nn.Linear(width, self.grid)
        weight = torch.ones(len(NAMES) + 1)
        weight[BACKGROUND] = BACKGROUND_WEIGHT
        self.class_weight: Tensor
        self.register_buffer("class_weight", weight, persistent=False)
        if init_pictures:
            data = VisionData(steps_per_epoch=1, pictures=init_pictures, image_px=image_px, grid=image_px // patch_px)
            first = data.draw(np.random.default_rng(0), packed_share=1.0)
            filters = whitened_filters(self.encoder.normalise(first.frames_BHWC), width, patch_px)
            self.encoder.model.embeddings.patch_embedding.weight.data.copy_(filters)
        self._said: list[tuple[Tensor, ...]] = []
        self._columns: list[Tensor] = []

    def forward(self, pixels_BCHW: Tensor) -> Said:
        """What the heads say of pictures."""
        hidden_BLD = self.encoder.hidden(pixels_BCHW)
        patches_BPD = hidden_BLD[:, 1:]
        return Said(
            objects_BPV=self.patch_head(patches_BPD),
            tints_BPT=self.tint_head(patches_BPD),
            columns_BPG=self.column_head(patches_BPD),
            rows_BPG=self.row_head(patches_BPD),
            present_BV=self.cls_head(hidden_BLD[:, 0]),
        )

    def training_step(self, batch: PatchBatch, batch_idx: int) -> Tensor:
        """Dense cross entropies and the multi-label loss, on jittered pixels."""
        objects_BPV, tints_BPT, columns_BPG, rows_BPG, present_BV = self(
            self._jittered(self.encoder.normalise(batch.frames_BHWC))
        )
        dense = F.cross_entropy(objects_BPV.flatten(0, 1), batch.objects_BP.flatten(), self.class_weight)
        tint = F.cross_entropy(tints_BPT.flatten(0, 1), batch.tints_BP.flatten(), ignore_index=UNSEEN)
        present = F.binary_cross_entropy_with_logits(present_BV, batch.present_BV)
        rows_P, columns_P = self.places()
        place = F.cross_entropy(columns_BPG.flatten(0, 1), columns_P.repeat(len(columns_BPG)))
        place = place + F.cross_entropy(rows_BPG.flatten(0, 1), rows_P.repeat(len(rows_BPG)))
        loss = dense + TINT_WEIGHT * tint + CLS_WEIGHT * present + PLACE_WEIGHT * place
        self.log("train/loss", loss, prog_bar=True, batch_size=len(batch.frames_BHWC))
        return loss

    def places(self) -> tuple[Tensor, Tensor]:
        """Row and column (P,) of each patch, in reading order."""
        patch_P = torch.arange(self.grid**2, device=self.device)
        return patch_P // self.grid, patch_P % self.grid

    def validation_step(self, batch: PatchBatch, batch_idx: int) -> None:
        """Collects what the encoder says of ordinary scenes."""
        said = self(self.encoder.normalise(batch.frames_BHWC))
        _, columns_P = self.places()
        self._columns.append((said.columns_BPG.argmax(-1) == columns_P).float().mean())
        logits = said.objects_BPV, said.tints_BPT, said.present_BV
        self._said.append((*logits, batch.objects_BP, batch.tints_BP, batch.present_BV))

    def on_validation_epoch_end(self) -> None:
        """Objects named right by their patches together, single patches, tints, places, and presence on CLS."""
        objects, tints, cls, truth, tint_truth, present = (torch.cat(parts) for parts in zip(*self._said, strict=True))
        self._said.clear()
        shown = truth != BACKGROUND
        scores = {
            "object": object_accuracy(objects, truth),
            "patch": float((objects.argmax(-1) == truth)[shown].float().mean()),
            "background": float((objects.argmax(-1) == truth)[~shown].float().mean()),
            "tint": float((tints.argmax(-1) == tint_truth)[shown].float().mean()),
            "cls_map": mean_average_precision(cls, present > 0),
            "column": float(torch.stack(self._columns).mean()),
        }
        self._columns.clear()
        self.log_dict({f"val/{name}": value for name, value in scores.items()})

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """On everything."""
        steps = int(self.trainer.estimated_stepping_batches)
        return configure(self.parameters(), self.optim, steps, hidden_matrices(self))

    def export(self, folder: Path) -> None:
        """Write the encoder as `load_clip` reads it."""
        save_clip(self.encoder, folder)

    def _jittered(self, pixels_BCHW: Tensor) -> Tensor:
        """Each picture brighter or darker, and tinged, by chance.

        Torch's own generator is used, seeded from the step, so that a resumed run repeats an unbroken one.
        """
        source = torch.Generator(pixels_BCHW.device).manual_seed(self.global_step)
        count = len(pixels_BCHW)
        gain_B111 = torch.randn(count, 1, 1, 1, generator=source, device=pixels_BCHW.device)
        tinge_BC11 = torch.randn(count, 3, 1, 1, generator=source, device=pixels_BCHW.device)
        return pixels_BCHW * (1 + self.jitter * gain_B111) + self.jitter * tinge_BC11


def whitened_filters(pixels_BCHW: Tensor, width: int, patch_px: int) -> Tensor:
    """First filters: the strongest principal components of patches, each scaled to equal variance, then mixed.

    Returns:
        (width, 3, patch_px, patch_px), for a convolution of stride `patch_px`.
    """
    patches_AD = F.unfold(pixels_BCHW, patch_px, stride=patch_px).transpose(1, 2).flatten(0, 1)
    patches_AD = patches_AD - patches_AD.mean(0)
    variances_D, axes_DD = torch.linalg.eigh(patches_AD.T @ patches_AD / len(patches_AD))
    strongest, axes_DK = variances_D.flip(0)[:width], axes_DD.flip(1)[:, :width]
    white_KD = (axes_DK / (strongest + RIDGE * strongest[0]).sqrt()).T
    mixing = torch.linalg.qr(torch.randn(width, width, generator=torch.Generator().manual_seed(0)))[0]
    return FILTER_GAIN * (mixing[:, : len(white_KD)] @ white_KD).view(width, 3, patch_px, patch_px)


def object_accuracy(logits_BPV: Tensor, truth_BP: Tensor) -> float:
    """Fraction of the objects in all pictures whose patches together name them: background may not be said.

    Args:
        logits_BPV: V categories, then background.
        truth_BP: class of each patch; two objects of one category in one picture count as one.
    """
    said_BPV = logits_BPV.softmax(-1)[..., :-1]
    right = []
    for said_PV, truth_P in zip(said_BPV, truth_BP, strict=True):
        for name in truth_P.unique().tolist():
            if name != logits_BPV.shape[-1] - 1:
                right.append(int(said_PV[truth_P == name].sum(0).argmax()) == name)
    return sum(right) / len(right)
