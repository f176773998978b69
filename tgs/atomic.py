"""Files that are written whole or not at all: a reader never sees half of one, whenever the writer is killed."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def write_json(path: Path, value: object, *, indent: int | None = 1, sort_keys: bool = False) -> None:
    """Write JSON that a person can read: UTF-8, LF line ends, a last line end. The folder is made if missing.

    Raises:
        TypeError: the value holds something that JSON cannot write; nothing is written then.
    """
    text = json.dumps(value, indent=indent, ensure_ascii=False, sort_keys=sort_keys) + "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.write_text(text, encoding="utf-8", newline="\n")
    partial.replace(path)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """A folder to fill, which takes its place at the end and is removed after an error. What was there is replaced."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial, old = (path.with_name(f".{path.name}.{os.getpid()}.{what}") for what in ("new", "old"))
    partial.mkdir()
    try:
        yield partial
        if path.exists():
            path.rename(old)
        partial.rename(path)
    finally:
        for folder in (partial, old):
            shutil.rmtree(folder, ignore_errors=True)
