"""Endless made examples in epochs of a fixed number of steps, the same after a resume.

An epoch is only a chunk of steps, closed by validation and a checkpoint. Example i of epoch e is made from
the generator seeded (seed, e, i), so that a run that was killed and resumed sees what an unbroken one sees.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import lightning as L
import numpy as np
from torch.utils.data import DataLoader, Dataset

Make = Callable[[np.random.Generator], Any]
"""Makes one example from a generator; must draw all its randomness from it."""


class MadeExamples(Dataset):
    """A finite, indexable window of an endless stream."""

    def __init__(self, make: Make, seed: tuple[int, ...], length: int) -> None:
        self.make, self.seed, self.length = make, seed, length

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> Any:
        return self.make(np.random.default_rng((*self.seed, index)))


class StreamData(L.LightningDataModule):
    """Training chunks that differ by epoch; one fixed validation set.

    Args:
        make_train, make_val: makers of one example each.
        collate: list of examples -> batch.
        batch_size: examples a step.
        steps_per_epoch: optimiser batches between two checkpoints.
        val_batches: size of the validation set, in batches.
        seed: of the run; validation uses its own, fixed one.
        workers: loader processes; 0 makes examples in the training process.

    The Trainer must be given `reload_dataloaders_every_n_epochs=1` (conf/trainer does).
    """

    VAL_SEED = 20_261_123

    def __init__(
        self,
        make_train: Make,
        make_val: Make,
        collate: Callable[[list[Any]], Any],
        *,
        batch_size: int,
        steps_per_epoch: int,
        val_batches: int,
        seed: int = 0,
        workers: int = 0,
    ) -> None:
        super().__init__()
        self.make_train, self.make_val, self.collate = make_train, make_val, collate
        self.batch_size, self.steps_per_epoch, self.val_batches = batch_size, steps_per_epoch, val_batches
        self.seed, self.workers = seed, workers

    def train_dataloader(self) -> DataLoader:
        """The current epoch's chunk."""
        epoch = self.trainer.current_epoch if self.trainer else 0
        return self._loader(self.make_train, (self.seed, epoch), self.steps_per_epoch)

    def val_dataloader(self) -> DataLoader:
        """The fixed validation set."""
        return self._loader(self.make_val, (self.VAL_SEED,), self.val_batches)

    def _loader(self, make: Make, seed: tuple[int, ...], batches: int) -> DataLoader:
        examples = MadeExamples(make, seed, batches * self.batch_size)
        return DataLoader(examples, self.batch_size, collate_fn=self.collate, num_workers=self.workers)
