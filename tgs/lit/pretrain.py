"""Phase 1: teach one branch to speak to the frozen language model, on captions of its modality."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from lightning.pytorch.utilities.types import OptimizerLRScheduler
from torch import Tensor
from torch.distributed.device_mesh import DeviceMesh

from tgs.data.captions import CaptionExample
from tgs.data.captions import Modality as Medium
from tgs.data.datamodules import CaptionData
from tgs.data.footage import VIDEO_FRAMES, load_caption_audio, load_caption_frames
from tgs.digest import digest_path, digest_value
from tgs.lit.features import FeatureBank, encode_together
from tgs.lit.optim import Optim, configure, hidden_matrices
from tgs.lit.sharding import shard
from tgs.lit.sharing import weigh
from tgs.lit.trained import TrainedOnly, freeze_except
from tgs.think.checkpoints import save_trained
from tgs.think.prompt import caption_prompt
from tgs.think.ref_thinker import RefThinker
from tgs.think.tokens import Modality
from tgs.types import Clip


class CaptionTune(TrainedOnly):
    """Next-token loss on captions with everything frozen but one branch (Q-Former and projector).

    Args:
        thinker: its language model stays as it is.
        optim: optimiser settings.
        branch: `video` (images and videos) or `audio`.
        scale: written into the export, so that it cannot be loaded into another scale unseen.
        val_captions: validation rows on which captions are generated.
        features: folder where the frozen encoders' features are kept for later runs; None keeps them in memory.

    Source: the article, section "Training"; released `pretrain.py` trains the branches of one modality at a time.
    """

    def __init__(
        self, *, thinker: RefThinker, optim: Optim, branch: str, scale: str, val_captions: int = 64,
        features: Path | str | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.thinker, self.optim, self.branch, self.scale = thinker, optim, branch, scale
        self.val_captions = val_captions
        freeze_except(thinker, [f"branches.{branch}."])
        self.bank = FeatureBank(features)
        self._exact: list[bool] = []
        self._words: list[float] = []

    def setup(self, stage: str) -> None:
        """Encode every clip of the captions; those to validate on where nothing else is asked for."""
        data: CaptionData = self.trainer.datamodule  # type: ignore[attr-defined]
        learned = [] if stage == "validate" else data.train_examples
        media = {str(example.media): example for example in [*learned, *data.val_examples]}
        load = lambda names: (as_clip(media[name]) for name in names)  # noqa: E731
        encode_together(self, self.bank, self.thinker, list(media), load, lambda name: content(media[name]))

    def training_step(self, batch: list[CaptionExample], batch_idx: int) -> Tensor:
        """Mean loss over the captions' tokens."""
        loss = weigh(self, self._loss(batch), self.thinker.told([example.answer for example in batch]))
        self.log("train/loss", loss, batch_size=len(batch), prog_bar=True, sync_dist=True)
        return loss

    def on_validation_epoch_start(self) -> None:
        """Forget the last validation."""
        self._exact, self._words = [], []

    def validation_step(self, batch: list[CaptionExample], batch_idx: int) -> None:
        """Loss, and on the first rows how much of the caption is said."""
        self.log("val/loss", self._loss(batch), batch_size=len(batch))
        for example in batch[: self.val_captions - len(self._exact)]:
            features = self.bank.batch([str(example.media)], self.device)[0]
            said = words(self.thinker.caption(features, Modality(example.modality), [example.question])[0])
            told = words(example.answer)
            self._exact.append(said == told)
            self._words.append(len({*said} & {*told}) / len({*said} | {*told}))

    def on_validation_epoch_end(self) -> None:
        """Share of exact captions, and mean overlap of the captions' words."""
        if self._exact:
            self.log("val/exact", torch.tensor(self._exact).float().mean())
            self.log("val/words", torch.tensor(self._words).mean())

    def shard(self, mesh: DeviceMesh) -> None:
        """See the base."""
        shard(self.thinker, mesh)

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """On the branch."""
        steps = int(self.trainer.estimated_stepping_batches)
        return configure(self.learning().values(), self.optim, steps, hidden_matrices(self.thinker.branches))

    def export(self, folder: Path) -> None:
        """Write the branch's weights, to be placed as `phase1_visual` or `phase1_audio` beside the other parts."""
        save_trained(self.thinker.branches[self.branch], folder, {"scale": self.scale, "phase": "captions"})

    def _loss(self, batch: Sequence[CaptionExample]) -> Tensor:
        template = self.thinker.template
        prompts = [caption_prompt(template, Modality(e.modality), e.question) for e in batch]
        features = self.bank.batch([str(e.media) for e in batch], self.device)
        return self.thinker.loss(features, prompts, [e.answer for e in batch])


def words(text: str) -> list[str]:
    """Lower-case words in order; punctuation and blanks, which tokenizers set differently, do not count.

    >>> words("The video shows far-left cat , dog.")
    ['the', 'video', 'shows', 'far-left', 'cat', 'dog']
    """
    return re.findall(r"[\w-]+", text.lower())


def content(example: CaptionExample) -> str:
    """Digest of what a caption describes, and of how it is read."""
    return digest_value([str(example.modality), VIDEO_FRAMES, example.media.exists() and digest_path(example.media)])


def as_clip(example: CaptionExample) -> Clip:
    """What a caption describes: a clip without sound, or a sound without frames.

    Raises:
        DataError: the media are missing or unreadable.
    """
    if example.modality is Medium.audio:
        return Clip(str(example.media), np.zeros((0, 1, 1, 3), np.uint8), load_caption_audio(example.media))
    return Clip(str(example.media), load_caption_frames(example.media), np.zeros(0, np.float32))
