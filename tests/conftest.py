"""Several processes of one run on this machine."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable

import pytest
import torch
from torch import multiprocessing

STARTED_BY = {
    "torchrun": lambda rank, size: {
        "TORCHELASTIC_RUN_ID": "here", "RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": size,
    },
    "slurm": lambda rank, size: {
        "SLURM_NTASKS": size, "SLURM_NTASKS_PER_NODE": size, "SLURM_NNODES": 1, "SLURM_JOB_ID": 7,
        "SLURM_JOB_NAME": "job", "SLURM_PROCID": rank, "SLURM_LOCALID": rank, "SLURM_NODEID": 0,
    },
}  # fmt: skip
"""What either tells a process about itself, all of them on one machine."""
MACHINES = {
    "torchrun": lambda rank, size: {"LOCAL_RANK": 0, "GROUP_RANK": rank},
    "slurm": lambda rank, size: {
        "SLURM_NTASKS_PER_NODE": 1, "SLURM_NNODES": size, "SLURM_LOCALID": 0, "SLURM_NODEID": rank,
    },
}  # fmt: skip
"""What is told otherwise where each runs on a machine of its own."""


def _one(rank: int, size: int, port: int, started_by: str, machines: bool, work: Callable[[], None]) -> None:
    facts = STARTED_BY[started_by](rank, size) | {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    if machines:
        facts |= MACHINES[started_by](rank, size)
    os.environ |= {name: str(value) for name, value in facts.items()}
    torch.set_num_threads(1)
    work()


@pytest.fixture
def together():
    """together(size, work) -> runs `work()` in so many processes, as torchrun or Slurm would start them.

    With `machines` they are told that each has a machine of its own. They are forks of this one: nothing is imported
    again. An error in one of them is raised here.
    """

    def together(size: int, work: Callable[[], None], started_by: str = "torchrun", *, machines: bool = False) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        multiprocessing.start_processes(
            _one, (size, port, started_by, machines, work), nprocs=size, start_method="fork"
        )

    return together
