"""The examination, part by part."""

from __future__ import annotations

import shutil
from collections.abc import Collection
from pathlib import Path

from tgs.config.doctor import Part
from tgs.data.files import BenchmarkFiles
from tgs.digest import digest_value
from tgs.doctor.clip import jobs_of
from tgs.doctor.clips import examine_clips, unused
from tgs.doctor.finding import Chart, Severity
from tgs.doctor.join import first_sheet, join
from tgs.doctor.lists import examine_lists
from tgs.doctor.rows import examine_sheet, read_sheet
from tgs.progress import Progress
from tgs.types import Split


def record_folder(files: BenchmarkFiles, runs: Path) -> Path:
    """Where an examination of these media and masks is kept."""
    places = [str(place and place.resolve()) for place in (files.media, files.masks, files.media_cross)]
    return runs / "doctor" / f"{files.name}-{digest_value(places)}"


def examine_benchmark(
    files: BenchmarkFiles,
    record: Path,
    *,
    clips: bool,
    splits: Collection[Split] = (),
    workers: int = 2,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> dict[Part, Chart]:
    """Look at a benchmark's rows, and, if asked to, at all its clips.

    Args:
        files: where it lies.
        record: see `record_folder`.
        clips: whether to look at media and masks.
        splits: only clips of these; empty means all.
        workers, progress: see `examine_clips`.
        overwrite: whether to look again at what is in the record.
    """
    sheet = read_sheet(files.csv)
    first, joined = first_sheet(files)
    csv = examine_sheet(sheet)
    csv.findings += examine_lists(files, sheet).findings + joined.findings
    if first is not None:
        csv.findings += join(sheet, first).findings
    if not clips:
        return {Part.csv: csv}
    asked = [reference for reference in sheet.references if not splits or reference.split in splits]
    if overwrite:
        shutil.rmtree(record, ignore_errors=True)
    jobs = jobs_of(asked, first.references if first else ())
    found = examine_clips(files, jobs, record / "clips", workers=workers, progress=progress)
    if not any(finding.kind.severity is Severity.error for finding in sheet.findings):  # a bad row may ask for any
        found.findings += unused(files, sheet.folders() | (first.folders() if first else set())).findings
    return {Part.csv: csv, Part.clips: found}
