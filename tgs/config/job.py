"""A Hydra job: how its errors look, and where its own folder is."""

from __future__ import annotations

import functools
import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.errors import CompactHydraException
from hydra.types import RunMode
from omegaconf import DictConfig

from tgs.atomic import write_json
from tgs.errors import TgsError


class JobError(CompactHydraException):
    """A TgsError on its way through Hydra: printed as one message, without a traceback."""


def plain_errors(main: Callable[[DictConfig], Any]) -> Callable[[DictConfig], Any]:
    """Let Hydra print our own errors as messages; every other exception keeps its traceback."""

    @functools.wraps(main)
    def guarded(cfg: DictConfig) -> Any:
        try:
            return main(cfg)
        except TgsError as error:
            raise JobError(f"{type(error).__name__}: {error}") from error

    return guarded


def sweep_goes_on(main: Callable[[DictConfig], Any]) -> Callable[[DictConfig], Any]:
    """Let a job of a sweep that fails say why in its log and in `failed.json`, and stop no other.

    Hydra would end the sweep without its callbacks: there would be no table of the rows that did not fail. Whoever
    ends the sweep must see to its exit code.
    """

    @functools.wraps(main)
    def guarded(cfg: DictConfig) -> Any:
        if HydraConfig.get().mode is RunMode.RUN:
            return main(cfg)
        try:
            return main(cfg)
        except Exception as error:
            told = f"{type(error).__name__}: {error}"
            logging.getLogger("tgs").error(told, exc_info=not isinstance(error, TgsError))
            write_json(job_folder() / "failed.json", {"error": told})
            return None

    return guarded


def forget_jobs(sweep: Path) -> None:
    """Remove what the jobs of an earlier sweep left in this one's folder: they would count as this one's.

    Only a `hydra.sweep.dir` given by hand is there already. Records lie elsewhere, by what they depend on, and stay.
    """
    (sweep / "table.md").unlink(missing_ok=True)
    for left in sweep.glob("*/.hydra"):
        if left.parent.name.isdigit():
            shutil.rmtree(left.parent)


def job_folder() -> Path:
    """Hydra's own folder of this job (logs; in a sweep, the job's number)."""
    return Path(HydraConfig.get().runtime.output_dir)
