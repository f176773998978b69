"""How the tiny BEATs learns what sounds and how loud: one second in, one of four levels per category out."""

from __future__ import annotations

from pathlib import Path

import lightning as L
import torch
from lightning.pytorch.utilities.types import OptimizerLRScheduler
from torch import Tensor, nn
from torch.nn import functional as F

from tgs.lit.optim import Optim, configure, hidden_matrices
from tgs.lit.zoo.audio_data import LEVELS, NAMES, SecondBatch
from tgs.lit.zoo.scores import exact_by_count, mean_average_precision
from tgs.think.encoders.beats import Beats, BeatsConfig
from tgs.think.encoders.beats_weights import save_beats

TYPICAL_SOURCES = 3
"""The loss sums over categories, divided by this many: most categories are silent, and easy."""
BIAS_STD = 0.5
"""Of the first layer norm's biases at the start; see `__init__`."""


class AudioPretraining(L.LightningModule):
    """Trains `Beats` with one linear head on the mean of its patches; the head is not exported.

    Args:
        optim: optimiser settings.
        width: of the features and of the patch embedding.
        layers, heads: of the transformer.
    """

    def __init__(self, *, optim: Optim, width: int = 128, layers: int = 3, heads: int = 4) -> None:
        super().__init__()
        self.optim = optim
        self.encoder = Beats(
            BeatsConfig(
                embed_dim=width,
                encoder_layers=layers,
                encoder_embed_dim=width,
                encoder_ffn_embed_dim=4 * width,
                encoder_attention_heads=heads,
                dropout=0.0,
                attention_dropout=0.0,
                num_buckets=64,
                max_distance=64,
            )
        )
        # BEATs has no position embedding but its convolution, which tells low from high patches only by what the
        # zeros around the sound hide of a constant. The published model starts with none; a tiny one needs it at once.
        nn.init.normal_(self.encoder.layer_norm.bias, std=BIAS_STD)
        self.head = nn.Linear(width, len(NAMES) * LEVELS)
        self._said: list[tuple[Tensor, Tensor]] = []

    def forward(self, waves_BS: Tensor) -> Tensor:
        """Logits (B, V categories, 4 levels) of sounds of one second."""
        return self.head(self.encoder(waves_BS).mean(1)).unflatten(1, (len(NAMES), LEVELS))

    def training_step(self, batch: SecondBatch, batch_idx: int) -> Tensor:
        """Cross entropy of the level of every category; level 0 is silence."""
        logits_BVC = self(batch.waves_BS)
        loss = F.cross_entropy(logits_BVC.flatten(0, 1), batch.levels_BV.flatten()) * len(NAMES) / TYPICAL_SOURCES
        self.log("train/loss", loss, prog_bar=True, batch_size=len(batch.levels_BV))
        return loss

    def validation_step(self, batch: SecondBatch, batch_idx: int) -> None:
        """Collects what the encoder says of held-out takes."""
        self._said.append((self(batch.waves_BS), batch.levels_BV))

    def on_validation_epoch_end(self) -> None:
        """Mean average precision, exact sets by number of sources, and the level of what is there."""
        logits_BVC, levels_BV = (torch.cat(parts) for parts in zip(*self._said, strict=True))
        self._said.clear()
        chance_BV = 1 - logits_BVC.softmax(-1)[..., 0]
        there_BV = levels_BV > 0
        scores = {"map": mean_average_precision(chance_BV, there_BV)}
        scores |= {f"exact_{n}": value for n, value in exact_by_count(chance_BV > 0.5, there_BV).items()}
        right_BV = logits_BVC[..., 1:].argmax(-1) + 1 == levels_BV
        scores["level"] = float(right_BV[there_BV].float().mean())
        for level, name in enumerate(("soft", "medium", "loud"), 1):
            scores[f"recall_{name}"] = float((chance_BV > 0.5)[levels_BV == level].float().mean())
        self.log_dict({f"val/{name}": value for name, value in scores.items()})

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """On everything."""
        steps = int(self.trainer.estimated_stepping_batches)
        return configure(self.parameters(), self.optim, steps, hidden_matrices(self))

    def export(self, folder: Path) -> None:
        """Write the encoder as `load_beats` reads it."""
        save_beats(self.encoder, folder)
