"""The masks of one clip: one a frame for every object that a row asks for, black and white, as large as the frames."""

from __future__ import annotations

from collections.abc import Mapping, Set
from pathlib import Path

import numpy as np

from tgs.data.media import N_FRAMES, in_words, load_image
from tgs.doctor.finding import Chart, Kind
from tgs.errors import DataError

WHITE = 255


def examine_masks(
    masks: Path, where: str, objects: Mapping[int, str], nulls: Mapping[int, str], others: Set[int],
    frame_hw: tuple[int, int] | None, chart: Chart,
) -> None:  # fmt: skip
    """Decode every mask of a clip once.

    Args:
        masks: the clip's folder of mask folders.
        where: how findings name that folder.
        objects: a uid by fid of what is asked for.
        nulls: a uid by fid of null rows: they need no masks, but those that are there must be empty.
        others: fids that another csv asks for.
        frame_hw: height and width of the clip's frames in pixels, if known.
        chart: takes the findings.
    """
    for fid, uid in objects.items():
        folder = masks / f"fid_{fid}"
        if folder.is_dir():
            _examine_object(folder, f"{where}/{folder.name}", uid, frame_hw, chart)
        else:
            chart.find(Kind.missing_masks, f"{where}/{folder.name}", f"does not exist, and {uid} asks for it")
    for fid, uid in nulls.items():
        if fid not in objects:
            _examine_null(masks / f"fid_{fid}", f"{where}/fid_{fid}", uid, chart)
    asked = {f"fid_{fid}" for fid in (*objects, *nulls, *others)}
    for path in sorted(masks.glob("*")):
        if path.name not in asked:
            chart.find(Kind.unused_masks, f"{where}/{path.name}", "no row has this fid")


def _examine_object(folder: Path, where: str, uid: str, frame_hw: tuple[int, int] | None, chart: Chart) -> None:
    wanted = [f"{index:05d}.png" for index in range(N_FRAMES)]
    there = {path.name for path in folder.iterdir()}
    readable = shown = 0
    for name in wanted:
        if name not in there:
            chart.find(Kind.missing_mask, f"{where}/{name}", f"does not exist, and {uid} asks for it")
            continue
        try:
            mask_HW = load_image(folder / name, "L")
        except DataError as error:
            chart.find(Kind.unreadable_mask, f"{where}/{name}", error)
            continue
        readable += 1
        height, width = mask_HW.shape
        if frame_hw is not None and (height, width) != frame_hw:
            told = f"{in_words((height, width))}, but its frame is {in_words(frame_hw)}"
            chart.find(Kind.mask_size, f"{where}/{name}", told)
        levels = [int(level) for level in np.flatnonzero(np.bincount(mask_HW.ravel(), minlength=256)) if level]
        shown += bool(levels)
        if len(levels) > 1:
            told = f"{len(levels)} levels above 0, from {levels[0]} to {levels[-1]}"
            chart.find(Kind.mask_gray, f"{where}/{name}", told)
        elif levels not in ([], [WHITE]):
            chart.find(Kind.mask_level, f"{where}/{name}", f"0 and {levels[0]}")
    for name in sorted(there - set(wanted)):
        chart.find(Kind.extra_mask, f"{where}/{name}", f"an object has {wanted[0]} to {wanted[-1]}")
    if readable == len(wanted) and not shown:
        chart.find(Kind.empty_object, where, f"all {readable} are empty, and {uid} asks for it")


def _examine_null(folder: Path, where: str, uid: str, chart: Chart) -> None:
    for path in sorted(folder.glob("*.png")):
        try:
            claimed = int((load_image(path, "L") > 0).sum())
        except DataError as error:
            chart.find(Kind.unreadable_mask, f"{where}/{path.name}", error)
            continue
        if claimed:
            chart.find(Kind.null_mask, f"{where}/{path.name}", f"{claimed} pixels, and {uid} is null")
