"""A Hydra job: how its errors look, and where its own folder is."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.errors import CompactHydraException
from omegaconf import DictConfig

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


def job_folder() -> Path:
    """Hydra's own folder of this job (logs; in a sweep, the job's number)."""
    return Path(HydraConfig.get().runtime.output_dir)
