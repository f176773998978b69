"""One clip as a whole: frames, sound, scene and masks, each file read once."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tgs.data.files import BenchmarkFiles, read_kinds
from tgs.data.media import sound_path
from tgs.digest import digest_files, digest_value
from tgs.doctor.finding import Chart, Finding, Kind
from tgs.doctor.frames import examine_frames
from tgs.doctor.masks import examine_masks
from tgs.doctor.sound import examine_sound
from tgs.errors import DataError
from tgs.types import Reference


@dataclass
class ClipJob:
    """What a csv wants of one clip.

    Attributes:
        folder: see `Reference.folder`.
        objects: by fid the first uid that asks for the object.
        nulls: the same of null rows.
        others: fids that only a first csv asks for, where this is a second one.
    """

    folder: str
    objects: dict[int, str] = field(default_factory=dict)
    nulls: dict[int, str] = field(default_factory=dict)
    others: list[int] = field(default_factory=list)


def jobs_of(references: Iterable[Reference], first: Iterable[Reference] = ()) -> list[ClipJob]:
    """A job a clip, in csv order.

    Args:
        references: rows of the benchmark.
        first: rows of the first csv on the same clips, if the benchmark's is a second one.
    """
    jobs: dict[str, ClipJob] = {}
    for reference in references:
        job = jobs.setdefault(reference.folder, ClipJob(reference.folder))
        (job.nulls if reference.is_null else job.objects).setdefault(reference.fid, reference.uid)
    for reference in first:
        if (job := jobs.get(reference.folder)) and reference.fid not in (*job.objects, *job.nulls, *job.others):
            job.others.append(reference.fid)
    return list(jobs.values())


def examine_clip(files: BenchmarkFiles, job: ClipJob) -> list[Finding]:
    """Everything that is wrong with a clip's files."""
    chart, media = Chart(), files.media / job.folder
    frame_hw = None
    if media.is_dir():
        where = f"{files.media.name}/{job.folder}"
        frame_hw = examine_frames(media / "frames", f"{where}/frames", chart)
        sound = sound_path(files.media, job.folder, files.media_cross)
        examine_sound(sound, f"{sound.parents[1].name}/{job.folder}/{sound.name}", job.folder, chart)
        try:
            read_kinds(files.media, [job.folder])
        except DataError as error:
            chart.find(Kind.bad_kinds, f"{where}/scene.json", error)
    else:
        chart.find(Kind.missing_clip, f"{files.media.name}/{job.folder}", "does not exist")
    examine_masks(
        files.masks / job.folder, f"{files.masks.name}/{job.folder}", job.objects, job.nulls, set(job.others),
        frame_hw, chart,
    )  # fmt: skip
    return chart.findings


def state_of(files: BenchmarkFiles, job: ClipJob) -> str:
    """Digest of all that a clip's findings depend on: what is wanted, its files' names, sizes and times, the rules."""
    stats = []
    for root in (files.media, files.masks, *([files.media_cross] if files.media_cross else [])):
        for folder, _, names in os.walk(root / job.folder, followlinks=True):
            for path in (Path(folder, name) for name in names):
                stat = path.stat() if path.exists() else path.lstat()  # a link may lead nowhere
                stats.append((root.name, path.relative_to(root).as_posix(), stat.st_size, stat.st_mtime_ns))
    return digest_value([_RULES, asdict(job), sorted(stats)])


_RULES = digest_files(Path(__file__).parent.glob("*.py"), Path(__file__).parent)
"""A doctor who has learnt something looks at every clip again."""
