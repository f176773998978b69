"""Several processes of one run, as Lightning, torchrun or Slurm start them: which one writes, and what cannot be."""

from __future__ import annotations

import logging
import os

from tgs.errors import ConfigError

RANKS = ("RANK", "LOCAL_RANK", "NODE_RANK", "SLURM_PROCID")
SIZES = ("WORLD_SIZE", "SLURM_NTASKS")


def first_process() -> bool:
    """Whether this process is the one that claims folders, tells how things go, and writes summaries."""
    return not any(_number(name) for name in RANKS)


def only_first_tells() -> None:
    """Log progress in the first process alone; warnings and errors are told by all."""
    if not first_process():
        logging.getLogger("tgs").setLevel(logging.WARNING)


def refuse_overwrite_by_many(overwrite: bool) -> None:
    """Before a folder is emptied that processes started by torchrun or Slurm may be reading already.

    Lightning's own processes start after the first one has emptied it.

    Raises:
        ConfigError: they start at one time.
    """
    if overwrite and first_process() and any(_number(name) > 1 for name in SIZES):
        raise ConfigError(
            "overwrite=true cannot be told to several processes that start at one time: remove the folder by hand, "
            "or start one process and let trainer.devices start the others"
        )


def _number(name: str) -> int:
    return int(os.environ.get(name) or 0)
