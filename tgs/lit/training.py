"""Fit one task in its run folder: checkpoint, resume, export, record."""

from __future__ import annotations

import logging
import sys
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import lightning as L
import torch
from lightning.pytorch.callbacks import Callback, ModelCheckpoint
from lightning.pytorch.loggers import Logger

from tgs.lit.progress import progress_callback
from tgs.lit.run_folder import RunFolder

log = logging.getLogger("tgs")


EXPECTED = (
    "Checkpoint directory .* exists and is not empty",  # that is how we resume
    "Found .* in eval mode at the start of training",  # the frozen encoders
    ".*does not have many workers",  # examples are made, or cached, in this process
    "The number of training batches .* is smaller than the logging interval",  # tiny sets
    ".*isinstance.treespec, LeafSpec",  # lightning 2.6 on torch 2.13: theirs to mend
)
"""Lightning's warnings about what we do on purpose, with the reason."""


@contextmanager
def quiet() -> Iterator[None]:
    """Without the warnings that are `EXPECTED`."""
    with warnings.catch_warnings():
        for expected in EXPECTED:
            warnings.filterwarnings("ignore", expected)
        yield


class Task(Protocol):
    """A LightningModule that can also write what its run is for."""

    def export(self, folder: Path) -> None:
        """Write the weights, in the form that the stages load."""
        ...


def build_trainer(settings: Mapping[str, Any], *, callbacks: Sequence[Callback], loggers: Sequence[Logger],
                  folder: Path) -> L.Trainer:  # fmt: skip
    """Lightning's Trainer from our few settings; `threads` is torch's, the rest Lightning's."""
    settings = dict(settings)
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)  # devices and tips; our own lines say what matters
    threads = settings.pop("threads")
    if threads:
        torch.set_num_threads(threads)
    return L.Trainer(
        **settings, callbacks=list(callbacks), logger=list(loggers), default_root_dir=folder, num_sanity_val_steps=0,
        reload_dataloaders_every_n_epochs=1, enable_model_summary=False, enable_progress_bar=sys.stderr.isatty(),
    )  # fmt: skip


def train(
    task: L.LightningModule,
    data: L.LightningDataModule,
    run: RunFolder,
    trainer_settings: Mapping[str, Any],
    *,
    callbacks: Sequence[Callback] = (),
    loggers: Sequence[Logger] = (),
) -> dict[str, float]:
    """Fit `task` on `data` from the start or from the run's last checkpoint; export; mark the run as done.

    Returns:
        The last validation scores, by name.
    """
    begun = time.monotonic()
    # Written at every epoch's end under one name: all that a killed run needs.
    keep_last = ModelCheckpoint(dirpath=run.path, filename="last", save_top_k=1, enable_version_counter=False)
    core = [keep_last, progress_callback()]
    trainer = build_trainer(trainer_settings, callbacks=[*core, *callbacks], loggers=loggers, folder=run.path)
    if run.last.is_file():
        log.info("going on from %s", run.last)
    # Our own checkpoint, made by this very run (RunFolder.claim); it also holds the settings' plain values.
    with quiet():
        trainer.fit(task, data, ckpt_path=run.last if run.last.is_file() else None, weights_only=False)
    scores = {name: float(value) for name, value in trainer.callback_metrics.items()}
    if trainer.is_global_zero:
        task.export(run.export)  # type: ignore[operator]  # see Task
        run.finish(scores, time.monotonic() - begun)
    return scores
