"""What a run has cost and scored so far, over all its legs: kept in its checkpoint, so that a kill loses one epoch."""

from __future__ import annotations

import os
import time
from typing import Any

import lightning as L
from lightning.pytorch.callbacks import Callback

from tgs.lit.sharing import summed


class Ledger(Callback):
    """Counts wall and CPU seconds from its making on, and remembers the last scores.

    CPU seconds are of all processes of the run and their finished children, all threads together; those of the others
    as they stood at the last epoch's end.

    Attributes:
        scores: the scores as they stood at the last epoch's end, by name.
    """

    def __init__(self) -> None:
        self.scores: dict[str, float] = {}
        self._begun = time.monotonic(), _cpu_s()
        self._before = 0.0, 0.0
        self._from_step: int | None = None
        self._others_cpu_s = 0.0

    def spent(self) -> dict[str, Any]:
        """`seconds` and `cpu_seconds`, and `timed_from_step`: not 0 where the first legs kept no ledger."""
        now = time.monotonic(), _cpu_s()
        wall, cpu = (old + at - begun for old, at, begun in zip(self._before, now, self._begun, strict=True))
        cpu += self._others_cpu_s
        return {"seconds": round(wall, 1), "cpu_seconds": round(cpu, 1), "timed_from_step": self._from_step or 0}

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Note where the count begins, unless a checkpoint has said it."""
        if self._from_step is None:
            self._from_step = trainer.global_step

    def on_train_epoch_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Note the scores, and what the other processes cost; Lightning writes the checkpoint after this."""
        self.scores |= scores_of(trainer)
        own = _cpu_s() - self._begun[1]
        self._others_cpu_s = summed(trainer, {"cpu": own})["cpu"] - own

    def state_dict(self) -> dict[str, Any]:
        """For the checkpoint."""
        return {"spent": self.spent(), "scores": self.scores}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """From the checkpoint of the leg before."""
        spent = state_dict["spent"]
        self.scores = dict(state_dict["scores"])
        self._before = spent["seconds"], spent["cpu_seconds"]
        self._from_step = spent["timed_from_step"]


def scores_of(trainer: L.Trainer) -> dict[str, float]:
    """The last scores, by name; learning rates are none."""
    return {name: float(value) for name, value in trainer.callback_metrics.items() if not name.startswith("lr-")}


def _cpu_s() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
