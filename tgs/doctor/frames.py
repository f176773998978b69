"""A clip's frames: which are there, do they decode, and are they of one size?"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from tgs.data.media import N_FRAMES, in_words, load_image
from tgs.doctor.finding import Chart, Kind
from tgs.errors import DataError


def examine_frames(frames: Path, where: str, chart: Chart) -> tuple[int, int] | None:
    """Decode every frame once.

    Args:
        frames: the clip's folder of frames.
        where: how findings name that folder.
        chart: takes the findings.
    Returns:
        Height and width in pixels of most frames; None if no frame can be read.
    """
    wanted = [f"{index}.jpg" for index in range(N_FRAMES)]
    there = {path.name for path in frames.glob("*.jpg")}
    size_of: dict[str, tuple[int, int]] = {}
    for name in wanted:
        if name not in there:
            chart.find(Kind.missing_frame, f"{where}/{name}", "does not exist")
            continue
        try:
            height, width, _ = load_image(frames / name, "RGB").shape
            size_of[name] = height, width
        except DataError as error:
            chart.find(Kind.unreadable_frame, f"{where}/{name}", error)
    for name in sorted(there - set(wanted)):
        if name.removesuffix(".jpg").isdecimal():  # others are no frames to the loader either
            chart.find(Kind.extra_frame, f"{where}/{name}", f"a clip has {wanted[0]} to {wanted[-1]}")
    if not size_of:
        return None
    (most, _), *_ = Counter(size_of.values()).most_common()
    for name, size in size_of.items():
        if size != most:
            chart.find(Kind.frame_size, f"{where}/{name}", f"{in_words(size)}, most of the clip is {in_words(most)}")
    return most
