"""On what, and with which code, numbers were measured."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from pathlib import Path

import torch

from tgs.commit import commit

INFO = Path("/proc/cpuinfo")


def sentence() -> str:
    """Date, commit, processor, libraries."""
    names = [line.partition(": ")[2] for line in _lines() if line.startswith("model name")]
    processor = names[0] if names else platform.machine()
    day = datetime.now(UTC).date().isoformat()
    threads = f"{torch.get_num_threads()} thread of {os.cpu_count()} cores"
    return f"{day}, commit {commit()}, {processor}, {threads}, torch {torch.__version__}"


def _lines() -> list[str]:
    return INFO.read_text().splitlines() if INFO.exists() else []
