"""All clips of a benchmark, by several processes; what was seen once is not looked at again until it changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tgs.atomic import write_json
from tgs.data.files import BenchmarkFiles, read_json
from tgs.doctor.clip import ClipJob, examine_clip, state_of
from tgs.doctor.finding import Chart, Finding, Kind
from tgs.pool import in_processes
from tgs.progress import Progress


@dataclass(frozen=True)
class Seen:
    """What is known of one clip, and whether it was known before."""

    findings: list[Finding]
    before: bool


def examine_clips(
    files: BenchmarkFiles, jobs: list[ClipJob], record: Path, *, workers: int = 2, progress: Progress | None = None
) -> Chart:
    """Look at every clip.

    Args:
        files: where they lie.
        jobs: what is wanted of each.
        record: folder with a file a clip, written when the clip is done: a killed examination goes on from it.
        workers: how many clips are looked at at the same time, each by a process of its own.
        progress: called after every clip.
    Raises:
        ConfigError: `workers` is below 1.
        DataError: the record is damaged.
    """
    chart = Chart()
    for root in (files.media, files.masks):
        if jobs and not root.is_dir():
            chart.find(Kind.missing_folder, root, "does not exist")
    if chart.findings:
        return chart
    before = 0
    for done, one in enumerate(in_processes(partial(seen, files, record), jobs, workers), 1):
        chart.findings += one.findings
        before += one.before
        if progress:
            progress("clips", done, len(jobs))
    chart.facts = {"clips": len(jobs), "of these seen before": before}
    return chart


def unused(files: BenchmarkFiles, known: Iterable[str]) -> Chart:
    """Folders of clips that no row is about."""
    chart, known = Chart(), set(known)
    for kind, root in ((Kind.unused_clip, files.media), (Kind.unused_masks, files.masks)):
        for path in sorted(root.glob("*")):
            if path.is_dir() and path.name not in known:
                chart.find(kind, f"{root.name}/{path.name}", "no row is about this clip")
    return chart


def seen(files: BenchmarkFiles, record: Path, job: ClipJob) -> Seen:
    """What is wrong with a clip: from the record if nothing has changed since, else by looking.

    Raises:
        DataError: the record is damaged.
    """
    file, state = record / f"{job.folder}.json", state_of(files, job)
    if file.is_file() and (entry := read_json(file))["state"] == state:
        return Seen([Finding.from_json(finding) for finding in entry["findings"]], before=True)
    findings = examine_clip(files, job)
    write_json(file, {"state": state, "findings": [finding.as_json() for finding in findings]})
    return Seen(findings, before=False)
