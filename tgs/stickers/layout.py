"""Ref-AVSBench's layout on disk: frames, sound, masks and ground truth of one clip; the csv files of all of them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tgs.stickers.plan import FolderPlan
from tgs.stickers.references import Expression
from tgs.types import SAMPLE_RATE_HZ

CSV_COLUMNS = ("vid", "uid", "split", "fid", "exp")
"""Source: Ref-AVSBench's metadata.csv."""


def write_frames(folder: Path, frames_NHWC: NDArray[np.uint8], jpeg_quality: int) -> None:
    """Write `{i}.jpg`, i from 0."""
    folder.mkdir(parents=True, exist_ok=True)
    for index, frame_HWC in enumerate(frames_NHWC):
        Image.fromarray(frame_HWC).save(folder / f"{index}.jpg", quality=jpeg_quality)


def write_sound(path: Path, wave_ST: NDArray[np.float32], sound_format: str) -> None:
    """Write a wav at 16 kHz, with one channel if both are equal.

    Args:
        path: of the file; its folder is made.
        wave_ST: (S, 2), left and right, in [-1, 1].
        sound_format: libsndfile's name of the samples' format.
    """
    import soundfile

    path.parent.mkdir(parents=True, exist_ok=True)
    is_mono = np.array_equal(wave_ST[:, 0], wave_ST[:, 1])
    soundfile.write(path, wave_ST[:, 0] if is_mono else wave_ST, SAMPLE_RATE_HZ, subtype=sound_format)


def write_masks(folder: Path, masks_NHW: NDArray[np.bool_]) -> None:
    """Write `{i:05d}.png`, 8-bit gray, 0 and 255."""
    folder.mkdir(parents=True, exist_ok=True)
    for index, mask_HW in enumerate(masks_NHW):
        Image.fromarray(mask_HW.astype(np.uint8) * 255).save(folder / f"{index:05d}.png")


def truth_of(plan: FolderPlan) -> dict:
    """Content of scene.json: what is seen, what is heard, and what each reference means."""
    return {
        "folder": plan.folder,
        "split": plan.split,
        "sound": plan.source,
        "seen": plan.scene.as_json(),
        "heard": plan.heard.as_json(),
        "references": [{"uid": row.uid, "fid": row.fid, **_meaning(row.expression)} for row in plan.rows],
        "r2": [{"uid": row.uid, "fid": row.fid, **_meaning(row.r2)} for row in plan.rows if row.r2],
    }


def _meaning(expression: Expression) -> dict:
    return {
        "kind": expression.kind,
        "type": expression.type,
        "args": list(expression.args),
        "held_out": expression.held_out,
        "text": expression.text,
        "relates": expression.relates,
    }


def csv_text(plans: Iterable[FolderPlan], *, r2: bool) -> str:
    """The csv of the benchmark, CRLF as Ref-AVSBench's, or of its R2 references, LF as R2-AVSBench's."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n" if r2 else "\r\n")
    writer.writerow(CSV_COLUMNS)
    for plan in plans:
        for row in plan.rows:
            expression = row.r2 if r2 else row.expression
            if expression is not None:
                writer.writerow((plan.vid, row.uid, plan.split, row.fid, expression.text))
    return file.getvalue()
