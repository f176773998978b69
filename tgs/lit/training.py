"""Fit one task in its run folder: checkpoint, resume, export, record."""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import lightning as L
import torch
from lightning.pytorch.callbacks import Callback, ModelCheckpoint
from lightning.pytorch.loggers import Logger

from tgs.config.trainer import SHARDING
from tgs.errors import ConfigError
from tgs.lit.gate import Gate
from tgs.lit.ledger import Ledger, scores_of
from tgs.lit.progress import progress_callback
from tgs.lit.run_folder import RunFolder
from tgs.lit.sharding import gather
from tgs.lit.sharing import OwnChance, refuse_swept, refuse_unshared
from tgs.lit.strategies import strategy

log = logging.getLogger("tgs")


EXPECTED = (
    "Checkpoint directory .* exists and is not empty",  # that is how we resume
    "Found .* in eval mode at the start of training",  # the frozen encoders
    ".*does not have many workers",  # examples are made, or cached, in this process
    "The number of training batches .* is smaller than the logging interval",  # tiny sets
    ".*recommended to use `self.log.'val/.*sync_dist=True",  # every process validates on everything
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


class GateWatch(Callback):
    """Refuses a gate that cannot be judged, before the run has cost anything.

    Raises:
        ConfigError: the last epoch is not validated, or the first validation does not give the gate's score.
    """

    def __init__(self, gate: Gate) -> None:
        self.gate = gate

    def on_fit_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """The weights that are judged must be those that are exported."""
        epochs, every = trainer.max_epochs or 0, trainer.check_val_every_n_epoch or 1
        if epochs % every:
            raise ConfigError(
                f"gate on {self.gate.score}: trainer.max_epochs={epochs} is no multiple of "
                f"trainer.check_val_every_n_epoch={every}, so that the last epoch is not validated. "
                "Change one of them, or set gate=null."
            )

    def on_validation_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """The score must be there."""
        self.gate.reached(trainer.callback_metrics)


class Task(Protocol):
    """A LightningModule that can also write what its run is for."""

    def export(self, folder: Path) -> None:
        """Write the weights, in the form that the stages load."""
        ...


def build_trainer(settings: Mapping[str, Any], *, callbacks: Sequence[Callback], loggers: Sequence[Logger],
                  folder: Path, sweeping: bool = False) -> L.Trainer:  # fmt: skip
    """Lightning's Trainer from our few settings; `threads` is torch's, the rest Lightning's.

    Raises:
        ConfigError: an unknown strategy, or several processes in a job of a sweep, see `refuse_swept`.
    """
    settings = {key: value for key, value in settings.items() if value is not None}
    for talkative in ("lightning.pytorch", "lightning.fabric"):  # devices and tips; our own lines say what matters
        logging.getLogger(talkative).setLevel(logging.WARNING)
    if threads := settings.pop("threads", None):
        torch.set_num_threads(threads)
    sharding = settings.get("strategy") in SHARDING
    if "strategy" in settings:
        settings["strategy"] = strategy(settings["strategy"])
    trainer = L.Trainer(
        **settings, callbacks=list(callbacks), logger=list(loggers), default_root_dir=folder, num_sanity_val_steps=0,
        reload_dataloaders_every_n_epochs=1, use_distributed_sampler=False,  # our data share themselves out
        enable_model_summary=False, enable_progress_bar=sys.stderr.isatty(),
        inference_mode=not sharding,  # weights brought together in inference mode could not learn afterwards
    )  # fmt: skip
    refuse_swept(trainer, sweeping=sweeping)
    return trainer


def train(
    task: L.LightningModule,
    data: L.LightningDataModule,
    run: RunFolder,
    trainer_settings: Mapping[str, Any],
    *,
    callbacks: Sequence[Callback] = (),
    loggers: Sequence[Logger] = (),
    gate: Gate | None = None,
    sweeping: bool = False,
) -> dict[str, float]:
    """Fit `task` on `data` from the start or from the run's last checkpoint; export; mark the run as done.

    The gate is only watched here, see `GateWatch`; `tgs.lit.gate.hold_to` judges the finished run. Of several
    processes the first one exports and records.

    Args:
        sweeping: whether this is a job of a sweep.
    Returns:
        The last scores, by name.
    Raises:
        ConfigError: several processes, and data that are not shared out or a job of a sweep.
    """
    ledger = Ledger()
    # Written at every epoch's end under one name: all that a killed run needs.
    # Lightning's own choice would wait for a validation, which not every epoch has.
    keep_last = ModelCheckpoint(
        dirpath=run.path, filename="last", save_top_k=1, enable_version_counter=False, save_on_train_epoch_end=True
    )
    core = [keep_last, ledger, progress_callback(), OwnChance(), *([GateWatch(gate)] if gate else [])]
    trainer = build_trainer(
        trainer_settings, callbacks=[*core, *callbacks], loggers=loggers, folder=run.path, sweeping=sweeping
    )
    refuse_unshared(trainer, data)
    begun = run.last.exists()  # DeepSpeed's is a folder
    if begun:
        log.info("going on from %s", run.last)
    # Our own checkpoint, made by this very run (RunFolder.claim); it also holds the settings' plain values.
    with quiet():
        trainer.fit(task, data, ckpt_path=run.last if begun else None, weights_only=False)
    # Nothing is left to fit, and nothing scored, where a run was killed between its last epoch and its export.
    scores = ledger.scores | scores_of(trainer)
    gather(task)
    if trainer.is_global_zero:
        task.export(run.export)  # type: ignore[operator]  # see Task
        run.finish(scores, steps=trainer.global_step, **ledger.spent())
    trainer.strategy.barrier()  # the gate reads what the first process has written
    return scores
