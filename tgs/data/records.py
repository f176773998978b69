"""The csv of a benchmark, row by row, as references."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tgs.errors import DataError
from tgs.types import Reference, Split

COLUMNS = ("vid", "uid", "split", "fid", "exp")
"""Columns of Ref-AVSBench's metadata.csv, R2-AVSBench's too; others may follow."""

IGNORED_SPLIT = "TODO"
"""Split of the 25 rows that Ref-AVSBench left unfinished. Source: no published loader reads them."""


@dataclass(frozen=True)
class ReferenceTable:
    """What a csv holds.

    Attributes:
        references: its usable rows in csv order; uids that occur twice are both kept.
        ignored_rows: how many rows of `IGNORED_SPLIT` were left out.
    """

    references: tuple[Reference, ...]
    ignored_rows: int


def read_references(csv_path: Path, *, kinds: Mapping[str, str] | None = None) -> list[Reference]:
    """The references of a benchmark's csv, in csv order.

    Args:
        csv_path: see `read_table`.
        kinds: see `read_table`.
    Returns:
        Every row but the ignored ones.
    Raises:
        DataError: see `read_table`.
    """
    return list(read_table(csv_path, kinds=kinds).references)


def read_table(csv_path: Path, *, kinds: Mapping[str, str] | None = None) -> ReferenceTable:
    """Read a benchmark's csv: LF or CRLF line ends, quoted fields, one reference a row.

    The folder of a row comes from its uid, not from its vid column, which lacks the prefix of null rows; the fid is
    the row's own, which in R2-AVSBench can differ from Ref-AVSBench's for the same uid.

    Args:
        csv_path: a csv with the columns `COLUMNS`, UTF-8.
        kinds: how each uid refers to its object, where the benchmark says so.
    Returns:
        The references and the count of ignored rows.
    Raises:
        DataError: the file is missing, not UTF-8, empty or lacks a column, or a row is malformed. The message names
            the file and the row.
    Source:
        EEMC's and TGS-Agent's datasets both take `uid.rsplit('_', 2)[0]` for the paths.
    """
    references: list[Reference] = []
    ignored = 0
    for row, line, fields in raw_rows(csv_path):
        try:
            check_width(fields)
            if fields["split"] == IGNORED_SPLIT:
                ignored += 1
            else:
                references.append(reference_of(row, fields, kinds or {}))
        except DataError as error:
            raise DataError(f"{csv_path}, row {row} (line {line}): {error}") from None
    if not references:
        raise DataError(f"{csv_path} has a header but no usable row. Fetch or make the csv again.")
    return ReferenceTable(tuple(references), ignored)


def one_per_uid(references: Sequence[Reference]) -> list[Reference]:
    """Of rows that share a uid, the first: its text, but the fid of the last of them.

    Args:
        references: whole splits, in csv order; all rows of a uid are in one split.
    Source:
        Released `ground_segment_with_object_text_after_thinking_for_RefAVSBench.py`, 4e144c9: `metric_log` is keyed by
        uid, and a uid that is there is passed over; `uid_to_fid` is overwritten by every later row.
    """
    fid_of = {reference.uid: reference.fid for reference in references}
    first = {reference.uid: reference for reference in reversed(references)}
    return [replace(one, fid=fid_of[one.uid]) for one in references if first[one.uid] is one]


def raw_rows(csv_path: Path) -> Iterator[tuple[int, int, dict[str, str]]]:
    """0-based data row, line in the file, and fields of every row as `csv.DictReader` gives them, unchecked.

    Raises:
        DataError: the file is missing, not UTF-8, no csv, or lacks a column.
    """
    if not csv_path.is_file():
        raise DataError(
            f"{csv_path} does not exist. Point benchmark.csv at a metadata.csv, or make the built-in benchmark with "
            f"`python -m tgs.stickers`."
        )
    try:
        with csv_path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, strict=True)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise DataError(
                    f"{csv_path} lacks the column {', '.join(missing)}; its header is {reader.fieldnames or 'empty'}. "
                    f"Expected: {','.join(COLUMNS)}."
                )
            for row, fields in enumerate(reader):
                yield row, reader.line_num, fields
    except (csv.Error, UnicodeDecodeError) as error:
        raise DataError(f"{csv_path} is not a UTF-8 csv: {error}. Save it again as UTF-8, comma-separated.") from error


def reference_of(row: int, fields: Mapping[str, str], kinds: Mapping[str, str]) -> Reference:
    """A row as a reference.

    Raises:
        DataError: by the first of the rules below that it breaks; the message does not name the row.
    """
    uid, (folder, category) = fields["uid"], parts_of(fields)
    split, fid, text = split_of(fields), fid_of(fields), text_of(fields)
    return Reference(row, uid, folder, split, fid, category, text, kinds.get(uid, ""))


def check_width(fields: Mapping[Any, object]) -> None:
    """A row has as many fields as the header."""
    if None in fields or None in fields.values():
        raise DataError(
            f"the row has not {len(fields.keys() - {None})} fields. Put double quotes around an expression that holds "
            f"a comma."
        )


def parts_of(fields: Mapping[str, str]) -> tuple[str, str]:
    """Folder and category of a uid `{folder}_{category}_{n}`."""
    uid = fields["uid"]
    parts = uid.rsplit("_", 2)
    if len(parts) != 3 or not all(parts) or not parts[2].isdecimal() or "/" in uid or "\\" in uid:
        raise DataError(
            f"malformed uid {uid!r}. Expected {{vid}}_{{category}}_{{n}}, n a number, no slash and no underscore in "
            f"the category; null rows null_{{c|m}}-{{vid}}_null_{{n}}."
        )
    return parts[0], parts[1]


def split_of(fields: Mapping[str, str]) -> Split:
    """A split by name."""
    if fields["split"] not in set(Split):
        raise DataError(
            f"unknown split {fields['split']!r} of uid {fields['uid']}. Known: {', '.join(Split)}, and "
            f"{IGNORED_SPLIT} for rows to be left out."
        )
    return Split(fields["split"])


def fid_of(fields: Mapping[str, str]) -> int:
    """The number of a mask folder."""
    uid, fid = fields["uid"], fields["fid"]
    if not fid.isdecimal():
        folder = uid.rsplit("_", 2)[0]
        raise DataError(f"fid {fid!r} of uid {uid} is no number. It names the folder gt_mask/{folder}/fid_N.")
    return int(fid)


def text_of(fields: Mapping[str, str]) -> str:
    """The expression, without blanks at its edges."""
    text = fields["exp"].strip()
    if not text:
        raise DataError(f"uid {fields['uid']} has an empty exp. Write its expression, or set its split to TODO.")
    return text
