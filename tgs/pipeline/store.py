"""The store: what each stage once made, kept by everything that made it, so that no stage works twice on the same.

A folder of plain files, `{kind}/{first two digits of the key}/{key}.json` or `.npz`. There is no index and no lock:
a file is written whole under a name of its own, then renamed, so that several processes and machines may share the
folder. `python -m tgs.store` looks after it.
"""

from __future__ import annotations

import errno
import os
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from numpy.typing import NDArray

from tgs.digest import canonical, digest_bytes
from tgs.errors import DataError
from tgs.pipeline.stored import JSON, NPZ, pack_arrays, pack_json, unpack_arrays, unpack_json

VERSION = 1
"""Rises when files come to be laid out in another way: what was kept before is then not found."""

MARK_S = 3600.0
"""How exactly it is known when a file was last used: marking it costs a write, so that it is done this seldom."""

_GONE = (errno.ENOENT, errno.ESTALE)
"""No such file; or, on NFS, another machine has removed it while it was being read."""

T = TypeVar("T")


class Store:
    """Values by kind and by what made them.

    A kind is a short word, as `thoughts`: a folder. What made a value is a list or dict of strings and numbers that
    names everything on which the value depends: whatever is left out cannot make a difference.

    Args:
        folder: made when something is written.
    """

    def __init__(self, folder: Path | str) -> None:
        self.folder = str(folder)

    def read(self, kind: str, made_of: object) -> Any | None:
        """A value of plain JSON, or None if there is none.

        Raises:
            DataError: its file is damaged, was put in the place of another, or may not be read.
        """
        return self._read(kind, made_of, JSON, unpack_json)

    def write(self, kind: str, made_of: object, value: object) -> None:
        """Keep a value of plain JSON, floats to the last bit. Tuples come back as lists.

        Raises:
            DataError: a number is not finite; or the disk is full or read-only.
            TypeError: JSON cannot write it.
        """
        named = _named(kind, made_of)
        self._write(self._file(kind, named, JSON), pack_json(named, value))

    def read_arrays(self, kind: str, made_of: object) -> dict[str, NDArray[Any]] | None:
        """Arrays by name, or None if there are none. Errors as of `read`."""
        return self._read(kind, made_of, NPZ, unpack_arrays)

    def write_arrays(self, kind: str, made_of: object, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Keep arrays of numbers or booleans to the last bit; all but floats are compressed.

        Raises:
            DataError: a number is NaN; or the disk is full or read-only.
            ValueError: an array's name is not one of Python's, or it holds something else.
        """
        named = _named(kind, made_of)
        self._write(self._file(kind, named, NPZ), pack_arrays(named, arrays))

    def _file(self, kind: str, named: bytes, suffix: str) -> str:
        if not kind.isidentifier():
            raise ValueError(f"kind {kind!r}: it names a folder, so let it be a word")
        key = digest_bytes(named)
        return f"{self.folder}/{kind}/{key[:2]}/{key}.{suffix}"

    def _read(self, kind: str, made_of: object, suffix: str, unpack: Callable[[bytes], tuple[bytes, T]]) -> T | None:
        named = _named(kind, made_of)
        file = self._file(kind, named, suffix)
        content = _content(file)
        if content is None:
            return None
        try:
            found, value = unpack(content)
        except DataError as error:
            raise self._refused(file, f"is damaged: {error}") from error
        if found != named:
            raise self._refused(file, "is misplaced: it was made of something else")
        return value

    def _refused(self, file: str, told: str) -> DataError:
        cure = f"`python -m tgs.store verify --folder {self.folder} --delete`"
        return DataError(f"{file} {told}. {cure} removes such files; the next run makes them again.")

    def _write(self, file: str, content: bytes) -> None:
        # Machines that share a disk may give out the same pid, and threads have the same: hence the random digits.
        folder, _, name = file.rpartition("/")
        partial = f"{folder}/.{name}.{os.getpid()}.{uuid.uuid4().hex[:8]}"
        try:
            os.makedirs(folder, exist_ok=True)
            try:
                with open(partial, "xb") as opened:
                    opened.write(content)
                os.replace(partial, file)
            except BaseException:
                with suppress(OSError):  # that of the write is the one to tell
                    os.unlink(partial)
                raise
        except OSError as error:
            told = f"{file} was not written ({error})"
            raise DataError(f"{told}. `python -m tgs.store prune` makes room; or give another folder.") from error


def _named(kind: str, made_of: object) -> bytes:
    return canonical([VERSION, kind, made_of])


def _content(file: str) -> bytes | None:
    """A file's bytes; None if it is not there. It is then marked as used."""
    try:
        with open(file, "rb", buffering=0) as opened:
            content = opened.read()
            used_s = os.fstat(opened.fileno()).st_mtime
    except OSError as error:
        if error.errno in _GONE:
            return None
        raise DataError(f"{file} cannot be read ({error}). Is it another user's? Give another folder.") from error
    if time.time() - used_s > MARK_S:
        with suppress(OSError):  # read-only, another user's, or just removed: it was read all the same
            os.utime(file)
    return content
