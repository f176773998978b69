"""The most memory that a call holds, beyond what was held before."""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
PROC = Path("/proc/self")


def with_peak(call: Callable[[], T]) -> tuple[T, float | None]:
    """What a call returns, and its peak of resident memory in MB; None where the system is not Linux."""
    if not (PROC / "clear_refs").exists():
        return call(), None
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)  # or the call would live in what earlier ones have freed
    (PROC / "clear_refs").write_text("5")  # sets the peak to what is held now
    before = _held("VmRSS")
    said = call()
    return said, (_held("VmHWM") - before) / 1000


def _held(what: str) -> int:
    """In kB."""
    lines = (PROC / "status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{what}:"))
