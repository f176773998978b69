"""manifest.json of a zoo: for every part its files, how it was made, from what, and what it scored."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tgs.atomic import write_json
from tgs.errors import WeightsError
from tgs.zoo.parts import files_of

NAME = "manifest.json"
FORMAT = 1


def read(zoo: Path) -> dict[str, dict[str, Any]]:
    """The entries by part.

    Raises:
        WeightsError: there is no manifest, or one of another format.
    """
    file = zoo / NAME
    if not file.is_file():
        raise WeightsError(
            f"{zoo} has no {NAME}: nothing says how its weights were made. Install finished runs into it with "
            f"`python -m tgs.zoo install RUN... --to {zoo}`."
        )
    manifest = json.loads(file.read_text(encoding="utf-8"))
    if manifest.get("format") != FORMAT:
        raise WeightsError(f"{file}: format {manifest.get('format')!r}, this version reads {FORMAT}")
    return manifest["parts"]


def write(zoo: Path, parts: dict[str, dict[str, Any]]) -> None:
    """Write the entries."""
    write_json(zoo / NAME, {"format": FORMAT, "parts": dict(sorted(parts.items()))})


@contextmanager
def locked(zoo: Path) -> Iterator[None]:
    """Alone in this zoo: `make -j` installs several parts at once."""
    zoo.mkdir(parents=True, exist_ok=True)
    folder = os.open(zoo, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def files(folder: Path) -> dict[str, dict[str, Any]]:
    """`sha256` and `bytes` of a part's files, by name."""
    return {
        file.name: {"sha256": hashlib.sha256(file.read_bytes()).hexdigest(), "bytes": file.stat().st_size}
        for file in files_of(folder)
    }
