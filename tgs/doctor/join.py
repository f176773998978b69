"""A second csv on the clips of a first one, such as R2-AVSBench's: do the two belong together?"""

from __future__ import annotations

from collections import defaultdict

from tgs.data.files import BenchmarkFiles
from tgs.doctor.finding import Chart, Kind
from tgs.doctor.rows import Sheet, read_sheet
from tgs.types import Reference


def first_sheet(files: BenchmarkFiles) -> tuple[Sheet | None, Chart]:
    """The csv that lies beside the media, if the benchmark's own is another one."""
    chart, path = Chart(), files.media.parent / "metadata.csv"
    if files.csv.resolve() == path.resolve():
        return None, chart
    if not path.is_file():
        chart.find(Kind.not_joined, path, "does not exist")
        return None, chart
    sheet = read_sheet(path)
    if not sheet.references:
        chart.find(Kind.not_joined, path, sheet.findings[0].what)
        return None, chart
    return sheet, chart


def join(second: Sheet, first: Sheet) -> Chart:
    """Hold every row of a second csv against the rows of its uid in the first, of those against the same text if any.

    Source: R2-AVSBench has uids twice with two texts, and for some uids another fid than Ref-AVSBench.
    """
    chart = Chart()
    by_uid: dict[str, list[Reference]] = defaultdict(list)
    for reference in first.references:
        by_uid[reference.uid].append(reference)
    unfinished = {row["uid"] for row in first.todo}
    for own in second.references:
        known = by_uid[own.uid]
        known = [reference for reference in known if reference.text == own.text] or known
        where = second.place(own.row)
        if not known:
            if own.uid not in unfinished:
                chart.find(Kind.unknown_uid, where, f"{own.uid} is in no row of the first csv")
            continue
        there = f"row {known[0].row} of the first csv has"
        if own.split not in {reference.split for reference in known}:
            chart.find(Kind.other_split, where, f"{own.uid} is in {own.split}, {there} {known[0].split}")
        if own.fid not in {reference.fid for reference in known}:
            chart.find(Kind.other_fid, where, f"{own.uid} has fid {own.fid}, {there} {known[0].fid}")
    return chart
