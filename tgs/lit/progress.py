"""Progress in a log file: one line now and then, where a moving bar would print thousands."""

from __future__ import annotations

import logging
import sys
import time
from typing import Any

import lightning as L
from lightning.pytorch.callbacks import Callback, TQDMProgressBar

from tgs.progress import Lines

log = logging.getLogger("tgs")


def progress_callback() -> Callback:
    """A bar on a terminal, lines elsewhere."""
    return TQDMProgressBar(refresh_rate=5) if sys.stderr.isatty() else LineProgress()


class LineProgress(Callback):
    """Logs step, loss, rate and time left, at most once in `every_s` seconds, and each validation's scores."""

    def __init__(self, every_s: float = 15.0) -> None:
        self.every_s = every_s
        self.lines = Lines(every_s)
        self.begun = self.told = time.monotonic()
        self.first_step = 0

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Start the clock; a resumed run counts only its own steps in the rate."""
        self.begun = self.told = time.monotonic()
        self.first_step = trainer.global_step

    def on_train_batch_end(
        self, trainer: L.Trainer, pl_module: L.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Tell when it is time."""
        at = time.monotonic()
        if at - self.told < self.every_s or trainer.global_step == self.first_step:
            return
        self.told = at
        steps = int(trainer.estimated_stepping_batches)
        rate = (trainer.global_step - self.first_step) / (at - self.begun)
        log.info("step %d/%d, %s, %.2f steps/s, %.1f min left", trainer.global_step, steps,
                 _scores(trainer, "train/"), rate, (steps - trainer.global_step) / rate / 60)  # fmt: skip

    def on_predict_batch_end(
        self,
        trainer: L.Trainer,
        pl_module: L.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Tell how many clips are done when it is time."""
        self.lines("batches of clips", batch_idx + 1, int(trainer.num_predict_batches[dataloader_idx]))

    def on_validation_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Tell the scores of the validation that just ran."""
        if not trainer.sanity_checking and (scores := _scores(trainer, "val/")):
            log.info("step %d: %s", trainer.global_step, scores)


def _scores(trainer: L.Trainer, prefix: str) -> str:
    kept = {k: float(v) for k, v in trainer.callback_metrics.items() if k.startswith(prefix)}
    return ", ".join(f"{name.removeprefix(prefix)} {value:.4g}" for name, value in kept.items())
