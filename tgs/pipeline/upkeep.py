"""A look at a store from outside: what it holds, what is wrong in it, and how it is kept small.

Others may read, write and prune meanwhile: what they remove is passed over.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tgs.digest import digest_bytes
from tgs.errors import DataError
from tgs.pipeline.stored import JSON, unpack_arrays, unpack_json
from tgs.progress import Progress

ABANDONED_S = 24 * 3600.0
"""So long after a temporary file was last written to, its writer is taken for dead."""

_FOLDER = re.compile(r"[0-9a-f]{2}")
_FILE = re.compile(r"([0-9a-f]{16})\.(json|npz)")
_PARTIAL = re.compile(r"\.[0-9a-f]{16}\.(json|npz)\.\d+\.[0-9a-f]{8}")
"""Names that only a store gives: whatever else lies in its folder is left alone."""


@dataclass(frozen=True)
class StoredFile:
    """A file of a store.

    Attributes:
        kind: of the value in it.
        size: in bytes.
        used_s: when it was last written or, to the hour, read; seconds since 1970.
        partial: it is a writer's temporary file.
    """

    path: Path
    kind: str
    size: int
    used_s: float
    partial: bool

    def abandoned(self, now_s: float) -> bool:
        """Whether it is what a killed writer left."""
        return self.partial and now_s - self.used_s > ABANDONED_S


@dataclass(frozen=True)
class Fault:
    """What is wrong with a file."""

    path: Path
    told: str


@dataclass(frozen=True)
class Pruned:
    """What was removed, and what is left, in files and bytes."""

    files: int
    size: int
    files_left: int
    size_left: int


def files_of_store(folder: Path) -> list[StoredFile]:
    """Every file that a store has written.

    Raises:
        DataError: there is no such folder.
    """
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder. Give the store's: --folder DIR.")
    return [
        file
        for kind in _folders(folder)
        for part in _folders(kind.path)
        if _FOLDER.fullmatch(part.name)
        for file in _files(part.path, kind.name)
    ]


def _folders(folder: str | Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return sorted((entry for entry in entries if entry.is_dir()), key=lambda entry: entry.name)


def _files(folder: str, kind: str) -> Iterator[StoredFile]:
    with os.scandir(folder) as entries:
        for entry in entries:
            partial = _PARTIAL.fullmatch(entry.name) is not None
            if not partial and not _FILE.fullmatch(entry.name):
                continue
            try:
                stat = entry.stat()
            except FileNotFoundError:
                continue
            yield StoredFile(Path(entry.path), kind, stat.st_size, stat.st_mtime, partial)


def faults(files: Sequence[StoredFile], progress: Progress, now_s: float | None = None) -> list[Fault]:
    """Read every file and say what is wrong: damaged, misplaced, or left by a writer that was killed."""
    now_s, found = time.time() if now_s is None else now_s, []
    for done, file in enumerate(files, 1):
        if (told := _fault(file, now_s)) is not None:
            found.append(Fault(file.path, told))
        progress("verifying", done, len(files))
    return found


def _fault(file: StoredFile, now_s: float) -> str | None:
    if file.partial:
        return "left by a writer that was killed" if file.abandoned(now_s) else None
    try:
        content = file.path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        return f"damaged: the disk does not give it ({error})"
    try:
        made_of, _ = (unpack_json if file.path.suffix == f".{JSON}" else unpack_arrays)(content)
    except DataError as error:
        return f"damaged: {error}"
    key, kind = digest_bytes(made_of), json.loads(made_of)[1]
    if (file.path.stem, file.path.parent.name, file.kind) != (key, key[:2], kind):
        return f"misplaced: it belongs to {kind}/{key[:2]}/{key}{file.path.suffix}"
    return None


def remove(paths: Iterable[Path]) -> None:
    """Remove files, as far as they are still there.

    Raises:
        DataError: one is another user's, or the disk is read-only.
    """
    for path in paths:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise DataError(f"{path} cannot be removed ({error}). Run this as a user who may.") from error


def prune(files: Sequence[StoredFile], budget: int, progress: Progress, now_s: float | None = None) -> Pruned:
    """Remove what killed writers left; then the files that were not used for longest, until the rest fits.

    A file that is used meanwhile stays, even if the rest then does not fit.

    Args:
        files: all of the store.
        budget: bytes that may stay.
        progress: told the bytes removed.
        now_s: seconds since 1970; None asks the clock.
    Raises:
        DataError: see `remove`.
    """
    now_s = time.time() if now_s is None else now_s
    left = [file for file in files if file.abandoned(now_s)]
    oldest = sorted((file for file in files if not file.partial), key=lambda file: (file.used_s, file.path))
    size = sum(file.size for file in files)
    surplus, removed, gone = size - budget, 0, 0
    for file in [*left, *oldest]:
        if gone >= surplus and not file.partial:
            break
        if _removed(file):
            removed, gone = removed + 1, gone + file.size
            progress("pruning, bytes", min(gone, surplus), surplus)
    return Pruned(removed, gone, len(files) - removed, size - gone)


def _removed(file: StoredFile) -> bool:
    """Remove a file unless it was used since it was listed; one that another process removed counts, too."""
    try:
        if file.path.stat().st_mtime > file.used_s:
            return False
    except FileNotFoundError:
        return True
    remove([file.path])
    return True
