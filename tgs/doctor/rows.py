"""The csv of a benchmark: every bad row, where `tgs.data.records` stops at the first, by the same rules."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tgs.data.media import video_of
from tgs.data.records import (
    IGNORED_SPLIT,
    check_width,
    fid_of,
    parts_of,
    raw_rows,
    reference_of,
    split_of,
    text_of,
)
from tgs.doctor.finding import Chart, Finding, Kind
from tgs.errors import DataError
from tgs.types import Reference, Split

RULES: Mapping[Kind, Callable[[Mapping[str, str]], Any]] = {
    Kind.malformed_uid: parts_of,
    Kind.unknown_split: split_of,
    Kind.bad_fid: fid_of,
    Kind.empty_expression: text_of,
}
"""What a row of the right width must keep to."""


@dataclass(frozen=True)
class Sheet:
    """What a csv holds.

    Attributes:
        name: the csv's file name.
        rows: data rows, bad ones too.
        references: the good rows, in csv order.
        todo: fields of the rows that its makers left unfinished.
        findings: about single rows.
    """

    name: str
    rows: int
    references: tuple[Reference, ...]
    todo: tuple[Mapping[str, str], ...]
    findings: tuple[Finding, ...]

    def place(self, row: int) -> str:
        """How findings name a row."""
        return f"{self.name}, row {row}"

    def folders(self) -> set[str]:
        """Every clip that a row is about, unfinished ones too."""
        unfinished = {row["uid"].rsplit("_", 2)[0] for row in self.todo}
        return unfinished | {reference.folder for reference in self.references}


def read_sheet(csv_path: Path) -> Sheet:
    """Read all that can be read of a csv; see `tgs.data.records.read_table` for its form."""
    name, chart, rows = csv_path.name, Chart(), 0
    references: list[Reference] = []
    todo: list[Mapping[str, str]] = []
    try:
        for row, _, fields in raw_rows(csv_path):
            rows, faults = row + 1, _faults(fields)
            for kind, fault in faults:
                chart.find(kind, f"{name}, row {row}", fault)
            if faults:
                continue
            if fields["split"] == IGNORED_SPLIT:
                todo.append(fields)
                chart.find(Kind.todo_row, f"{name}, row {row}", fields["uid"])
                continue
            references.append(reference_of(row, fields, {}))
            if fields["vid"] != video_of(references[-1].folder):
                chart.find(Kind.other_vid, f"{name}, row {row}", f"vid {fields['vid']}, uid {fields['uid']}")
    except DataError as error:
        chart.find(Kind.unreadable_csv, name, error)
    if not references and not chart.findings:
        chart.find(Kind.unreadable_csv, name, "no row below its header")
    return Sheet(name, rows, tuple(references), tuple(todo), tuple(chart.findings))


def _faults(fields: Mapping[str, str]) -> list[tuple[Kind, DataError]]:
    """Every rule that a row breaks; of unfinished rows only the width is looked at."""
    try:
        check_width(fields)
    except DataError as error:
        return [(Kind.field_count, error)]
    if fields["split"] == IGNORED_SPLIT:
        return []
    faults = []
    for kind, rule in RULES.items():
        try:
            rule(fields)
        except DataError as error:
            faults.append((kind, error))
    return faults


def examine_sheet(sheet: Sheet) -> Chart:
    """What its rows are together, and how many of what there are."""
    chart = Chart(list(sheet.findings))
    by_uid: dict[str, list[Reference]] = defaultdict(list)
    names: dict[tuple[str, int], list[str]] = defaultdict(list)
    for reference in sheet.references:
        by_uid[reference.uid].append(reference)
        names[reference.folder, reference.fid].append(reference.category)
        if reference.is_null and reference.split in (Split.test_s, Split.test_u):
            chart.find(Kind.null_row, sheet.place(reference.row), f"{reference.uid} is null, in {reference.split}")
        if not reference.is_null and reference.split is Split.test_n:
            chart.find(Kind.null_row, sheet.place(reference.row), f"{reference.uid} is not null, in test_n")
    twice = {uid: rows for uid, rows in by_uid.items() if len(rows) > 1}
    for uid, rows in twice.items():
        asked = ", ".join(f"row {row.row} asks for fid {row.fid} as {row.text!r}" for row in rows)
        chart.find(Kind.duplicate_uid, sheet.place(rows[1].row), f"{uid}: {asked}")
    several = {pair: Counter(categories) for pair, categories in names.items() if len(set(categories)) > 1}
    for (folder, fid), categories in several.items():
        told = ", ".join(f"{name} in {rows}" for name, rows in categories.items())
        chart.find(Kind.several_categories, f"{folder}, fid {fid}", f"rows: {told}")
    for video, (learnt, judged) in _leaks(sheet.references).items():
        chart.find(Kind.leak, video, f"in train by {learnt}, in {judged.split} by {judged.uid}")
    chart.facts = {
        "rows": sheet.rows, "todo rows": len(sheet.todo), "duplicate uids": len(twice),
        "objects of several categories": len(several), "split": counts(sheet.references),
    }  # fmt: skip
    return chart


def _leaks(references: Iterable[Reference]) -> dict[str, tuple[str, Reference]]:
    """By video in train and another split: the first uid there, and the first reference here."""
    learnt: dict[str, str] = {}
    judged: dict[str, Reference] = {}
    for reference in references:
        video = video_of(reference.folder)
        if reference.split is Split.train:
            learnt.setdefault(video, reference.uid)
        else:
            judged.setdefault(video, reference)
    return {video: (learnt[video], judged[video]) for video in learnt if video in judged}


def counts(references: Iterable[Reference]) -> dict[str, dict[str, int]]:
    """By split and over all: rows, uids, clips (folders), objects (folder and fid), categories, null rows."""
    by_split: dict[str, list[Reference]] = {split.value: [] for split in Split} | {"all": []}
    for reference in references:
        by_split[reference.split].append(reference)
        by_split["all"].append(reference)
    return {
        split: {
            "rows": len(rows),
            "uids": len({r.uid for r in rows}),
            "clips": len({r.folder for r in rows}),
            "objects": len({(r.folder, r.fid) for r in rows}),
            "categories": len({r.category for r in rows if not r.is_null}),
            "null rows": sum(r.is_null for r in rows),
        }
        for split, rows in by_split.items()
        if rows
    }
