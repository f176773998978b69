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
    return digest_bytes(canonical(value))


def canonical(value: object) -> bytes:
    """The one JSON text of a value that `digest_value` digests: UTF-8 in one line. Errors as of `digest_value`."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest_bytes(content: bytes) -> str:
    """16 hex digits of some bytes."""
    return hashlib.sha256(content).hexdigest()[:16]


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
    """16 hex digits of a file, or of a folder's files, see `files_below`.

    Raises:
        FileNotFoundError: there is neither.
    """
    return digest_files(files_below(path), path) if path.is_dir() else digest_file(path)


def files_below(folder: Path) -> list[Path]:
    """The files of a folder that count.

    Left out are README.md, so that a card may change, and .cache, where huggingface_hub notes when it fetched what.
    """
    kept = (file for file in folder.rglob("*") if file.is_file() and file.name != "README.md")
    return [file for file in kept if ".cache" not in file.relative_to(folder).parts]


def digest_files(paths: Iterable[Path], root: Path) -> str:
    """16 hex digits of several files: their names below `root` and their bytes, in name order."""
    return digest_value(sorted((path.relative_to(root).as_posix(), digest_file(path)) for path in paths))
