"""Training the tiny detector: phrases and boxes on made sticker frames."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import lightning as L
import torch
from lightning.pytorch.utilities.types import OptimizerLRScheduler
from torch import Tensor
from torchvision.ops import box_iou

from tgs.atomic import write_json
from tgs.ground.hf import MEAN, STD
from tgs.lit.optim import Optim, configure, hidden_matrices
from tgs.lit.zoo.grounder_loss import Stages, Truth, grounding_loss, xyxy
from tgs.lit.zoo.grounder_sizes import SHIPPED, GrounderSizes, fresh
from tgs.lit.zoo.grounder_words import tokenizer
from tgs.weight_files import fit, read_weights


class GroundBatch(NamedTuple):
    """Frames with their captions.

    Attributes:
        pixels_BCHW: normalised frames.
        ids_BL: caption tokens, padded with 0.
        words_BL: True where there is a token.
        weights_BL: how much each token counts in the loss.
        truths: what each caption asks for; no box where nobody fits.
        kinds: how each caption refers, for the validation scores; "" in training.
    """

    pixels_BCHW: Tensor
    ids_BL: Tensor
    words_BL: Tensor
    weights_BL: Tensor
    truths: list[Truth]
    kinds: list[str]


class GrounderTask(L.LightningModule):
    """Open-vocabulary detection from scratch.

    Args:
        optim: settings.
        backbone: file written by `BackboneTask.export`, to start from; None starts from nothing (and then names
            come slowly: they are what the backbone's own training teaches).
        sizes: of the model.
        offsets_lr: learning rate of the deformable sampling offsets, as a fraction. Source: Deformable DETR.
    """

    def __init__(
        self,
        *,
        optim: Optim,
        backbone: Path | str | None = None,
        sizes: GrounderSizes = SHIPPED,
        offsets_lr: float = 0.1,
    ) -> None:
        super().__init__()
        self.optim, self.sizes, self.offsets_lr = optim, sizes, offsets_lr
        self.model: Any = fresh(sizes)
        if backbone is not None:
            start = read_weights(Path(backbone), "Train it: `python -m tgs.train +experiment=zoo_grounder_backbone`.")
            fit(self.model.model.backbone.conv_encoder.model, start, str(backbone))
        self._found: list[tuple[str, float, float]] = []  # kind, score, IoU of the best box

    def forward(self, batch: GroundBatch) -> Stages:
        """Every stage's logits and boxes."""
        mask_BL = batch.words_BL.long()
        said = self.model.model(pixel_values=batch.pixels_BCHW, input_ids=batch.ids_BL, attention_mask=mask_BL)
        length = batch.ids_BL.shape[1]
        logits, boxes = [], []
        for layer in range(said.intermediate_hidden_states.shape[1]):
            hidden_BQD = said.intermediate_hidden_states[:, layer]
            before = said.intermediate_reference_points[:, layer - 1] if layer else said.init_reference_points
            shift_BQ4 = self.model.bbox_embed[layer](hidden_BQD)
            boxes.append((shift_BQ4 + torch.special.logit(before, eps=1e-5)).sigmoid())
            class_BQL = self.model.class_embed[layer](hidden_BQD, said.encoder_last_hidden_state_text, batch.words_BL)
            logits.append(class_BQL[..., :length])
        encoder = said.enc_outputs_class[..., :length], said.enc_outputs_coord_logits.sigmoid()
        return Stages(*encoder, logits, boxes, self.sizes.grids)

    def training_step(self, batch: GroundBatch, batch_idx: int) -> Tensor:
        """One step of `grounding_loss`."""
        loss, log = grounding_loss(self(batch), batch.truths, batch.weights_BL)
        self.log("train/loss", loss, prog_bar=True, batch_size=len(batch.truths))
        self.log_dict({f"train/{key}": value for key, value in log.items()}, batch_size=len(batch.truths))
        return loss

    def validation_step(self, batch: GroundBatch, batch_idx: int) -> None:
        """Notes the best box of every caption, chosen as `HfGrounder` and `Choice.best` do."""
        stages = self(batch)
        score_BQ = stages.decoder_BQL[-1].max(-1).values.sigmoid()
        for row, (kind, truth) in enumerate(zip(batch.kinds, batch.truths, strict=True)):
            best = int(score_BQ[row].argmax())
            box_14 = xyxy(stages.decoder_BQ4[-1][row, best : best + 1])
            iou = float(box_iou(box_14, xyxy(truth.boxes_K4)).max()) if len(truth.boxes_K4) else 0.0
            self._found.append((kind, float(score_BQ[row, best]), iou))

    def on_validation_epoch_end(self) -> None:
        """Logs val/hit50 (best box has IoU > 0.5 with the named category) and val/auc (present against absent)."""
        by_kind: dict[str, list[tuple[float, float]]] = {}
        for kind, score, iou in self._found:
            by_kind.setdefault(kind, []).append((score, iou))
        self._found.clear()
        for kind, found in by_kind.items():
            if kind != "absent":
                name = "val/hit50" if kind == "named" else f"val/hit50_{kind}"
                self.log(name, sum(iou > 0.5 for _, iou in found) / len(found), prog_bar=kind == "named")
        scores = [torch.tensor([score for score, _ in by_kind.get(kind, [])]) for kind in ("named", "absent")]
        if all(len(part) for part in scores):
            self.log("val/auc", (scores[0][:, None] > scores[1][None]).float().mean(), prog_bar=True)

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """Sampling offsets learn slower, and never by Muon."""
        offsets = [p for name, p in self.model.named_parameters() if "sampling_offsets" in name]
        slow = {id(parameter) for parameter in offsets}
        others = [parameter for parameter in self.model.parameters() if id(parameter) not in slow]
        groups = [{"params": others}, {"params": offsets, "lr": self.optim.lr * self.offsets_lr}]
        steps = int(self.trainer.estimated_stepping_batches)
        return configure(groups, self.optim, steps, hidden_matrices(self.model))

    def export(self, folder: Path) -> None:
        """Writes what `HfGrounder(weights=folder)` reads; weights in fp16, tied ones once."""
        from safetensors.torch import save_file

        folder.mkdir(parents=True, exist_ok=True)
        state: dict[str, Tensor] = {}
        seen: set[int] = set()
        for key, value in self.model.state_dict().items():
            if value.data_ptr() not in seen:
                seen.add(value.data_ptr())
                state[key] = value.detach().half().contiguous().cpu() if value.is_floating_point() else value.cpu()
        save_file(state, folder / "model.safetensors")
        write_json(folder / "config.json", self.sizes.config())
        size = {"height": self.sizes.height_px, "width": self.sizes.width_px}
        preprocessor = {"size": size, "image_mean": list(MEAN), "image_std": list(STD)}
        write_json(folder / "preprocessor_config.json", preprocessor)
        tokenizer().save(str(folder / "tokenizer.json"))
