"""Work shared out among several processes comes to what it would in one."""

from __future__ import annotations

from collections.abc import Mapping

import lightning as L
import torch
from lightning.pytorch.callbacks import Callback
from lightning.pytorch.strategies import ParallelStrategy
from torch import Tensor

from tgs.data.datamodules import ExampleData
from tgs.errors import ConfigError


def weigh(module: L.LightningModule, loss: Tensor, tokens: int) -> Tensor:
    """The mean loss of this process's rows, weighed so that the processes' mean is that over all their tokens.

    Strategies average gradients over processes: with this they are those of the joint batch, to rounding. Clipping
    comes after the averaging and sees the same norm. With `accumulate_grad_batches` the joint batches of one update
    weigh the same, whatever their tokens, as they do in one process.

    Args:
        module: in a trainer.
        loss: mean over `tokens`, a scalar.
        tokens: that were learnt from, in this process.
    """
    processes = module.trainer.world_size
    if processes == 1:
        return loss
    own = torch.tensor(float(tokens), device=loss.device)
    total = module.trainer.strategy.reduce(own.clone(), reduce_op="sum")
    return loss * (own * processes / total)


def summed(trainer: L.Trainer, values: Mapping[str, float]) -> dict[str, float]:
    """Values added over all processes, by name; every process asks, and waits for the others."""
    own = torch.tensor(list(values.values()), dtype=torch.float64, device=trainer.strategy.root_device)
    total = trainer.strategy.reduce(own, reduce_op="sum")
    return dict(zip(values, total.tolist(), strict=True))


class OwnChance(Callback):
    """Dropout of each process draws its own numbers: Lightning gives all of them one seed. The first keeps it."""

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """After the weights were made alike."""
        if trainer.global_rank:
            torch.manual_seed(torch.initial_seed() + trainer.global_rank)


def refuse_unshared(trainer: L.Trainer, data: L.LightningDataModule) -> None:
    """Before every process learns from all examples of data that are not shared out.

    Raises:
        ConfigError: several processes and such data.
    """
    if trainer.world_size > 1 and not isinstance(data, ExampleData):
        raise ConfigError(
            f"{type(data).__name__} is not shared out among {trainer.world_size} processes: this run takes one device, "
            "trainer=cpu or trainer=gpu"
        )


def refuse_swept(trainer: L.Trainer, *, sweeping: bool) -> None:
    """Before a job of a sweep starts processes: Lightning does so by the command line again, which is the whole sweep.

    Raises:
        ConfigError: it would.
    """
    strategy = trainer.strategy
    environment = strategy.cluster_environment if isinstance(strategy, ParallelStrategy) else None
    if sweeping and trainer.num_devices > 1 and environment and not environment.creates_processes_externally:
        raise ConfigError(
            f"a job of a sweep cannot start {trainer.num_devices} processes itself: run the settings one by one, sweep "
            "with trainer.devices=1, or with hydra/launcher=slurm, which starts them"
        )
