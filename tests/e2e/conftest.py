"""Entry points as a user runs them, and the clips that they run on."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

SIZES = ["train=4", "val=1", "test_s=2", "test_u=1", "test_n=1"]


@pytest.fixture(scope="session")
def tgs() -> Callable[..., str]:
    """tgs(module, *arguments, where=folder): run one entry point as a user would; returns what it printed."""

    def tgs(module: str, *arguments: str, where: Path) -> str:
        command = [sys.executable, "-W", "error::UserWarning:tgs", "-m", f"tgs.{module}", *arguments]
        environment = {**os.environ, "COLUMNS": "160"}
        done = subprocess.run(command, cwd=where, capture_output=True, text=True, env=environment, timeout=300)
        assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        return done.stdout + done.stderr

    return tgs


@pytest.fixture(scope="session")
def made(tgs: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a few made clips: one for all processes that test at the same time, for sounds take long."""
    base = tmp_path_factory.getbasetemp()
    where = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "clips"
    where.mkdir(exist_ok=True)
    with (where / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (where / "data" / "stickers").is_dir():
            tgs("stickers", *(f"settings.{size}" for size in SIZES), "workers=1", where=where)
    return where / "data"


@pytest.fixture(scope="module")
def clips(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder to work in, where `data` holds the clips."""
    where = tmp_path_factory.mktemp("work")
    (where / "data").symlink_to(made)
    return where
