"""How a stored value lies in its file: with all that made it, and with what tells that no byte has changed since."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tgs.digest import digest_bytes
from tgs.errors import DataError

JSON, NPZ = "json", "npz"

_MADE_OF, _DIGEST, _VALUE = b'{"made_of":', b'"digest":', b'"value":'
"""A json file in three lines: json for whoever reads it, and quick to take apart without parsing what made it."""

_MEMBER = "made_of.json"
"""The member of an npz that says what made it."""

_COMPRESSION = 1
"""Of zlib. Soft masks come out 7 % larger than at its usual 6, in half the time."""

_DIGITS = 16
"""Of the digest that ends an npz as its comment: checksums of its members do not tell of a member that is lost."""


def pack_json(made_of: bytes, value: object) -> bytes:
    """The bytes of a json file.

    Args:
        made_of: canonical JSON of what made the value.
        value: JSON can write it, and it is not None. Tuples come back as lists.
    Raises:
        DataError: a number is not finite, or a text is not Unicode.
        TypeError: the value holds something that JSON cannot write.
    """
    if value is None:
        raise ValueError("None is what reading says where nothing is: it cannot be stored")
    try:
        text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
    except ValueError as error:
        raise DataError(f"a value cannot be stored ({error}): the stage that made it is at fault") from error
    return _laid_out(made_of, text)


def unpack_json(content: bytes) -> tuple[bytes, Any]:
    """What made a value, and the value.

    Raises:
        DataError: these are not the bytes that `pack_json` gave.
    """
    lines = content.split(b"\n")
    if len(lines) == 4:
        made_of, text = lines[0][len(_MADE_OF) : -1], lines[2][len(_VALUE) : -1]
        if _laid_out(made_of, text) == content:
            return made_of, json.loads(text.decode())
    raise DataError("it is not what was written")


def _laid_out(made_of: bytes, text: bytes) -> bytes:
    digest = digest_bytes(made_of + b"\n" + text).encode()
    return b'%s%s,\n%s"%s",\n%s%s}\n' % (_MADE_OF, made_of, _DIGEST, digest, _VALUE, text)


def pack_arrays(made_of: bytes, arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """The bytes of an npz file, which np.load reads, too; the same for the same arrays.

    Args:
        made_of: see `pack_json`.
        arrays: of numbers or booleans, by names that are Python's.
    Raises:
        DataError: a number is NaN.
        ValueError: a name or a dtype is another.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        _add(archive, _MEMBER, made_of)
        for name, array in arrays.items():
            if not name.isidentifier() or array.dtype.kind not in "biufc":
                raise ValueError(f"array {name!r} of {array.dtype}: stored are numbers and booleans, by Python's names")
            if array.dtype.kind in "fc" and np.isnan(array).any():
                raise DataError(f"array {name} cannot be stored, it has NaN: the stage that made it is at fault")
            member = io.BytesIO()
            np.lib.format.write_array(member, array, allow_pickle=False)
            # Floats hardly shrink, and features are large.
            _add(archive, f"{name}.npy", member.getvalue(), smaller=array.dtype.kind not in "fc")
        archive.comment = b"0" * _DIGITS
    body = buffer.getvalue()[:-_DIGITS]
    return body + digest_bytes(body).encode()


def _add(archive: zipfile.ZipFile, name: str, content: bytes, *, smaller: bool = True) -> None:
    member = zipfile.ZipInfo(name)  # dated 1980: equal content gives equal bytes
    archive.writestr(member, content, zipfile.ZIP_DEFLATED if smaller else zipfile.ZIP_STORED, _COMPRESSION)


def unpack_arrays(content: bytes) -> tuple[bytes, dict[str, NDArray[Any]]]:
    """What made some arrays, and the arrays.

    Raises:
        DataError: these are not the bytes that `pack_arrays` gave.
    """
    if digest_bytes(content[:-_DIGITS]).encode() != content[-_DIGITS:]:
        raise DataError("it is not what was written")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    made_of = members.pop(_MEMBER)
    arrays = {
        name.removesuffix(".npy"): np.lib.format.read_array(io.BytesIO(member), allow_pickle=False)
        for name, member in members.items()
    }
    return made_of, arrays
