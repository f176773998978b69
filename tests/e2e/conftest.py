"""Entry points as a user runs them, in forks of a process that has imported everything: a start takes long."""

from __future__ import annotations

import logging
import os
import runpy
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest

FORK = get_context("fork")


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
        import torch
        from hydra.core.global_hydra import GlobalHydra

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
    import peft  # noqa: F401
    import transformers  # noqa: F401

    import tgs.ground.hf
    import tgs.lit.evaluate
    import tgs.lit.instruct
    import tgs.lit.training
    import tgs.report.page
    import tgs.segment.sam2
    import tgs.think.build  # noqa: F401

    return lambda *words, **how: Command(*words, streams=tmp_path_factory.mktemp("streams"), **how)


@pytest.fixture(scope="session")
def tgs_command(begin) -> Callable[..., str]:
    """tgs_command(module, *words, where=FOLDER) -> what a command printed that ended well."""

    def run(module: str, *words: str, where: Path, first: Callable[[], None] | None = None) -> str:
        told = begin(module, *words, where=where, first=first).ended()
        assert told.code == 0, f"{module} {' '.join(words)}\n{told.out[-3000:]}\n{told.err[-3000:]}"
        return told.out + told.err

    return run


def only_asked_takes() -> None:
    """Let the sound bank make a take when it is asked for: the same sounds, without hundreds that nobody asks for."""
    from tgs.stickers.sounds import SoundBank, make_take

    class OnDemand(SoundBank):
        def take(self, category, index):
            return np.round(make_take(category, index) * 32767).astype(np.int16) * np.float32(1 / 32767)

    SoundBank.load = classmethod(lambda cls, *_, **__: OnDemand(np.zeros((0, 8, 0), np.int16), ()))  # type: ignore[method-assign]


@pytest.fixture(scope="session")
def make_clips(tgs_command) -> Callable[..., None]:
    """make_clips(where, train=4, ...) -> stickers with these settings, and no other clips, in FOLDER/data."""

    def make(where: Path, **sizes: object) -> None:
        settings = dict.fromkeys(("train", "val", "test_s", "test_u", "test_n"), 0) | sizes
        words = [f"settings.{name}={value}" for name, value in settings.items()]
        tgs_command("stickers", *words, "workers=1", where=where, first=only_asked_takes)

    return make
