"""Stable digests: of plain values, files and tensors. Equal content gives equal digests on every machine."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path


def digest_value(value: object) -> str:
    """16 hex digits of a JSON-able value; keys are sorted, so that dict order does not matter.

    Raises:
        TypeError: the value holds something that JSON cannot write.
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def digest_file(path: Path) -> str:
    """16 hex digits of a file's bytes."""
    return _sha256(path)[:16]


def provenance(path: Path) -> dict[str, str | int]:
    """A file for a manifest: `name`, `sha256` (64 hex digits, as `sha256sum` says them) and `bytes`."""
    return {"name": path.name, "sha256": _sha256(path), "bytes": path.stat().st_size}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest_path(path: Path) -> str:
    """16 hex digits of a file, or of a folder's files.

    Left out are README.md, so that a card may change, and .cache, where huggingface_hub notes when it fetched what.

    Raises:
        FileNotFoundError: there is neither.
    """
    if not path.is_dir():
        return digest_file(path)
    kept = (file for file in path.rglob("*") if file.is_file() and file.name != "README.md")
    return digest_files((file for file in kept if ".cache" not in file.relative_to(path).parts), path)


def digest_files(paths: Iterable[Path], root: Path) -> str:
    """16 hex digits of several files: their names below `root` and their bytes, in name order."""
    return digest_value(sorted((path.relative_to(root).as_posix(), digest_file(path)) for path in paths))
