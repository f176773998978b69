"""Teaching the tiny segmenter to remember: boxes on some frames of a clip in, the object's masks on all others out.

Only the memory learns. Image encoder, prompt encoder and mask decoder stay as `SegmenterTask` left them: what a frame's
own box outlines stays the same, to the last bit. From an even look at all that is remembered nothing is learnt within
these few steps; so the memory starts with a look at the same place, see `look_where_it_was`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import lightning as L
import torch
import torch.nn.functional as F
from lightning.pytorch.utilities.types import OptimizerLRScheduler
from torch import Tensor, nn

from tgs.lit.optim import Optim, configure, hidden_matrices
from tgs.lit.zoo.segmenter import export, jittered, mask_iou, outline_loss
from tgs.segment.features import encode
from tgs.segment.sam2 import build
from tgs.segment.video import track
from tgs.weight_files import fit, read_weights

LEARNS = ("memory_encoder", "memory_attention", "maskmem_tpos_enc", "obj_ptr_proj", "obj_ptr_tpos_proj")
"""What says that an object is away stays as it was initialised: made objects never leave, and the decoder was never
shown an empty box. So does the way of masks as prompts, which tgs does not go."""


NEARNESS = 3.0
"""Of `look_where_it_was`: at the tiny size a place looks back mostly at itself and its eight neighbours."""


class ClipBatch(NamedTuple):
    """Some objects of some clips, N frames of each.

    Attributes:
        pixels_MCSS: normalised square frames of all clips, one clip after the other.
        row_NB: where each frame of each object's clip lies in them.
        boxes_NB4: xyxy in pixels of the square frames.
        masks_NBHW: float 0/1 at the frames' own size; each has pixels on every frame.
        prompted: frames whose boxes are shown.
    """

    pixels_MCSS: Tensor
    row_NB: Tensor
    boxes_NB4: Tensor
    masks_NBHW: Tensor
    prompted: list[int]


def look_where_it_was(model: Any) -> None:
    """Make memory attention start near the place that asks.

    Equal biases of queries and keys are turned by their places (RoPE), so that their product is largest where the two
    agree and falls with the distance.
    """
    for layer in model.memory_attention.layers:
        for projection in (layer.cross_attn_image.q_proj, layer.cross_attn_image.k_proj):
            nn.init.constant_(projection.bias, NEARNESS)


class MemoryTask(L.LightningModule):
    """Objects followed through clips.

    Args:
        config: the model's YAML, see `tgs.segment.sam2.build`.
        optim: settings.
        start: folder that `SegmenterTask` exported; None leaves the model as it was initialised, for weights that are
            put in later.
        jitter: see `SegmenterTask`.
    """

    def __init__(self, *, config: str, optim: Optim, start: Path | str | None = None, jitter: float = 0.05) -> None:
        super().__init__()
        self.config, self.optim, self.jitter = config, optim, jitter
        self.model: Any = build(config)
        if start is not None:
            file = Path(start) / "model.safetensors"
            fit(self.model, self._fresh_memory(file), str(file))
        look_where_it_was(self.model)
        for name, parameter in self.model.named_parameters():
            parameter.requires_grad_(name.startswith(LEARNS))
        self._ious: list[Tensor] = []

    def forward(self, batch: ClipBatch, jitter: float) -> Tensor:
        """Mask logits (N, B, 1, h, w), as `Sam2.segment` comes to them."""
        self.model.eval()  # in training, memories of boxed frames would be soft and masks never doubted
        with torch.no_grad():
            features = encode(self.model, batch.pixels_MCSS)
        size_px = self.model.image_size
        boxes_B4 = {frame: jittered(batch.boxes_NB4[frame], jitter, size_px) for frame in batch.prompted}
        return track(self.model, features, batch.row_NB, boxes_B4)

    def training_step(self, batch: ClipBatch, batch_idx: int) -> Tensor:
        """Mean of `outline_loss` over all frames that have to be remembered."""
        logits_NB1hw = self(batch, self.jitter)
        followed = [frame for frame in range(len(logits_NB1hw)) if frame not in batch.prompted]
        fractions_NB4 = batch.boxes_NB4 / self.model.image_size
        parts = (logits_NB1hw, batch.masks_NBHW, fractions_NB4)
        loss = outline_loss(*(part[followed].flatten(0, 1) for part in parts)).mean()
        self.log("train/loss", loss, prog_bar=True, batch_size=logits_NB1hw.shape[1])
        return loss

    def validation_step(self, batch: ClipBatch, batch_idx: int) -> None:
        """IoU (N, B) at the frames' own size, exactly as `Sam2.segment` makes masks."""
        logits_NBhw = self(batch, 0.0)[:, :, 0]
        shown = F.interpolate(logits_NBhw, batch.masks_NBHW.shape[-2:], mode="bilinear", align_corners=False) > 0
        self._ious.append(mask_iou(shown, batch.masks_NBHW > 0))

    def on_validation_epoch_end(self) -> None:
        """Logs val/miou of the frames with a box, val/followed of all others, and of these the first and the last."""
        iou_N = torch.cat(self._ious, 1).mean(1)
        self._ious.clear()
        self.log("val/miou", iou_N[0])
        self.log("val/followed", iou_N[1:].mean(), prog_bar=True)
        self.log("val/followed_next", iou_N[1])
        self.log("val/followed_last", iou_N[-1])

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """On what learns."""
        learning = [parameter for parameter in self.model.parameters() if parameter.requires_grad]
        steps = int(self.trainer.estimated_stepping_batches)
        return configure(learning, self.optim, steps, hidden_matrices(self.model))

    def export(self, folder: Path) -> None:
        """See `export`."""
        export(self.model, Path(self.config), folder)

    def _fresh_memory(self, file: Path) -> dict[str, Tensor]:
        """The file's weights; what learns stays as the seed has it, whatever the file holds there."""
        held = read_weights(file, "Train it: `python -m tgs.train +experiment=zoo_segmenter`.")
        fresh = self.model.state_dict()
        return {name: fresh[name] if name.startswith(LEARNS) else value for name, value in held.items()}
