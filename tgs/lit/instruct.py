"""Phase 2: teach Ref-Thinker to reason, then answer. `learns` decides what trains."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from lightning.pytorch.utilities.types import OptimizerLRScheduler
from torch import Tensor
from torch.distributed.device_mesh import DeviceMesh

from tgs.data.datamodules import InstructData
from tgs.data.instruct import InstructExample
from tgs.lit.features import FeatureBank, encode_together
from tgs.lit.optim import Optim, configure
from tgs.lit.sharding import shard
from tgs.lit.sharing import weigh
from tgs.lit.trained import TrainedOnly, freeze_except
from tgs.think.checkpoints import save_trained
from tgs.think.prompt import thought_prompt
from tgs.think.ref_thinker import RefThinker


class InstructTune(TrainedOnly):
    """Next-token loss on think-answer chains; validation also thinks and compares the named object.

    Args:
        thinker: with LoRA in its language model.
        optim: optimiser settings.
        learns: parts of parameter names, e.g. `lora_`, `branches.`.
        scale: written into the export, so that it cannot be loaded into another scale unseen.
        val_thoughts: validation references on which thoughts are generated.
        features: folder where the frozen encoders' features are kept for later runs; None keeps them in memory.

    Source: the article, section "Training"; the released code also trains embeddings and head.
    """

    def __init__(
        self, *, thinker: RefThinker, optim: Optim, learns: Sequence[str], scale: str, val_thoughts: int = 64,
        features: Path | str | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.thinker, self.optim, self.scale, self.val_thoughts = thinker, optim, scale, val_thoughts
        freeze_except(thinker, learns)
        self.bank = FeatureBank(features)
        self._right: list[bool] = []

    def setup(self, stage: str) -> None:
        """Encode every clip of the training and validation rows."""
        data: InstructData = self.trainer.datamodule  # type: ignore[attr-defined]
        encode_together(self, self.bank, self.thinker, data.folders, data.clips, data.content)

    def training_step(self, batch: list[InstructExample], batch_idx: int) -> Tensor:
        """Mean loss over the answers' tokens."""
        loss = weigh(self, self._loss(batch), self.thinker.told([example.answer for example in batch]))
        self.log("train/loss", loss, batch_size=len(batch), prog_bar=True, sync_dist=True)
        return loss

    def on_validation_epoch_start(self) -> None:
        """Forget the last validation."""
        self._right = []

    def validation_step(self, batch: list[InstructExample], batch_idx: int) -> None:
        """Loss, and on the first rows whether the thought names the right object."""
        self.log("val/loss", self._loss(batch), batch_size=len(batch))
        asked = batch[: self.val_thoughts - len(self._right)]
        if not asked:
            return
        features = self.bank.batch([example.folder for example in asked], self.device)
        thoughts = self.thinker.think_features(features, [[example.reference.text] for example in asked])
        pairs = zip(asked, thoughts, strict=True)
        self._right += [thought.simple == example.reference.category for example, (thought,) in pairs]

    def on_validation_epoch_end(self) -> None:
        """Share of right objects."""
        if self._right:
            self.log("val/object", torch.tensor(self._right).float().mean())

    def shard(self, mesh: DeviceMesh) -> None:
        """See the base."""
        shard(self.thinker, mesh)

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """AdamW on what learns."""
        steps = int(self.trainer.estimated_stepping_batches)
        return configure(self.learning().values(), self.optim, steps)

    def export(self, folder: Path) -> None:
        """Write what learnt, for `checkpoint=FOLDER` of the evaluation."""
        save_trained(self.thinker, folder, {"scale": self.scale, "phase": "instruct"})

    def _loss(self, batch: list[InstructExample]) -> Tensor:
        features = self.bank.batch([example.folder for example in batch], self.device)
        prompts = [thought_prompt(self.thinker.template, example.reference.text) for example in batch]
        return self.thinker.loss(features, prompts, [example.answer for example in batch])
