"""Commands, and several processes of one run, in forks of this process: nothing is imported again."""

from __future__ import annotations

import logging
import os
import runpy
import socket
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from hydra.core.global_hydra import GlobalHydra
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


FORK = multiprocessing.get_context("fork")


@dataclass(frozen=True)
class Told:
    """What a command that has ended left on its streams, and its exit code."""

    code: int
    out: str
    err: str


class Command:
    """`python -m tgs.MODULE WORDS`, begun in a folder.

    Args:
        module: of tgs.
        words: of the command line.
        where: the folder.
        streams: an empty folder for what it prints.
        first: done in the process before anything else.
    """

    def __init__(
        self, module: str, *words: str, where: Path, streams: Path, first: Callable[[], None] | None = None
    ) -> None:
        self._out, self._err = streams / "out", streams / "err"
        self.process = FORK.Process(target=self._run, args=(module, words, where, first))
        self.process.start()

    def _run(self, module: str, words: tuple[str, ...], where: Path, first: Callable[[], None] | None) -> None:
        sys.stdout, sys.stderr = self._out.open("w"), self._err.open("w")
        sys.argv = [f"tgs.{module}", *words]
        os.chdir(where)
        os.environ["COLUMNS"] = "160"
        # As in a process that has just begun: what other tests and pytest itself have set is none of its business.
        torch.set_num_threads(1)
        GlobalHydra.instance().clear()
        logging.getLogger().handlers.clear()
        warnings.resetwarnings()
        warnings.simplefilter("ignore")
        warnings.filterwarnings("error", category=UserWarning, module="tgs")
        if first is not None:
            first()
        runpy.run_module(f"tgs.{module}", run_name="__main__", alter_sys=True)

    def ended(self) -> Told:
        """Wait for its end."""
        self.process.join(300)
        assert self.process.exitcode is not None, "it still runs"
        return Told(self.process.exitcode, self._out.read_text(), self._err.read_text())

    def killed(self) -> Told:
        """End it by SIGKILL, which it cannot answer."""
        self.process.kill()
        return self.ended()


@pytest.fixture(scope="session")
def begin(tmp_path_factory) -> Callable[..., Command]:
    """begin(module, *words, where=FOLDER) -> a `Command` that runs."""
    return lambda *words, **how: Command(*words, streams=tmp_path_factory.mktemp("streams"), **how)


@pytest.fixture(scope="session")
def tgs_command(begin) -> Callable[..., str]:
    """tgs_command(module, *words, where=FOLDER) -> what a command printed that ended well."""

    def run(module: str, *words: str, where: Path, first: Callable[[], None] | None = None) -> str:
        told = begin(module, *words, where=where, first=first).ended()
        assert told.code == 0, f"{module} {' '.join(words)}\n{told.out[-3000:]}\n{told.err[-3000:]}"
        return told.out + told.err

    return run
