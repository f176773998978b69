"""Predicted masks as COCO run lengths: one line of a jsonl file per reference.

`{"uid": "...", "row": 7, "masks": [{"size": [H, W], "counts": "..."}, ...]}`: one mask a frame; `row`, the 0-based data
row of the csv, only where several rows share the uid. `counts` is COCO's compressed text or its plain list.

Source: the run lengths of pycocotools, column by column, background first.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tgs.data.media import N_FRAMES
from tgs.digest import digest_value
from tgs.errors import DataError
from tgs.types import Masks


@dataclass(frozen=True)
class PredictedRuns:
    """A jsonl file of predictions.

    Attributes:
        path: the file.
        offsets: where in the file the line of each key begins.
        n_frames: frames of a clip, each with an entry.
    """

    path: Path
    offsets: Mapping[str, int]
    n_frames: int = N_FRAMES

    @classmethod
    def open(cls, path: Path, n_frames: int = N_FRAMES) -> PredictedRuns:
        """Find the lines; masks are decoded when they are asked for.

        Raises:
            DataError: a line is not json, names no uid, or repeats one.
        """
        offsets: dict[str, int] = {}
        at = 0
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    entry = _parsed(path, number, line)
                    key = f"{entry['uid']}.{entry['row']}" if entry.get("row") is not None else str(entry["uid"])
                    if key in offsets:
                        raise DataError(f"{path}, line {number}: {key} stands there for the second time. Keep one.")
                    offsets[key] = at
                at += len(line)
        return cls(path, offsets, n_frames)

    def keys(self) -> set[str]:
        """The lines' keys."""
        return set(self.offsets)

    def load(self, key: str) -> Masks:
        """Certain masks: run lengths hold no soft ones.

        Raises:
            DataError: the line has another number of masks, two sizes, or damaged run lengths.
        """
        entries = self._entry(key)["masks"]
        if len(entries) != self.n_frames:
            raise DataError(
                f"{self.path}, {key}: {len(entries)} masks for {self.n_frames} frames. Every frame needs one, of no "
                f"pixel where nothing is claimed."
            )
        try:
            masks = [decoded(entry["counts"], entry["size"]) for entry in entries]
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise DataError(f"{self.path}, {key}: damaged run lengths ({error}). Encode the mask again.") from error
        if len({mask_HW.shape for mask_HW in masks}) > 1:
            raise DataError(f"{self.path}, {key}: masks of several sizes. All of a reference need one.")
        return Masks.of_binary(np.stack(masks))

    def digest(self, keys: Iterable[str]) -> str:
        """Of the lines."""
        return digest_value({key: self._entry(key) for key in keys})

    def _entry(self, key: str) -> dict[str, Any]:
        with self.path.open("rb") as file:
            file.seek(self.offsets[key])
            return json.loads(file.readline())


def decoded(counts: str | list[int], size_HW: Sequence[int]) -> NDArray[np.bool_]:
    """A mask from its run lengths. pycocotools would read past the end of runs that are too few.

    Raises:
        ValueError: the runs are negative, or do not fill the mask exactly.
    """
    runs = unpacked(counts) if isinstance(counts, str) else counts
    if sum(runs) != size_HW[0] * size_HW[1] or min(runs) < 0:
        raise ValueError(f"runs of {sum(runs)} pixels for {size_HW[0]} x {size_HW[1]}")
    inside = np.arange(len(runs)) % 2 == 1
    return np.repeat(inside, runs).reshape(size_HW, order="F")


def unpacked(counts: str) -> list[int]:
    """Run lengths of COCO's compressed text.

    Every character holds five bits, lowest first, and whether more follow; the last one's highest bit is the sign. From
    the fourth run on, the difference to the run before the last is stored.

    Source: rleFrString of pycocotools' maskApi.c.
    """
    runs: list[int] = []
    value = shift = 0
    for code in counts.encode("ascii"):
        bits = code - 48
        value |= (bits & 31) << shift
        shift += 5
        if bits & 32:
            continue
        if bits & 16:
            value -= 1 << shift
        runs.append(value + runs[-2] if len(runs) > 2 else value)
        value = shift = 0
    return runs


def _parsed(path: Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        entry = json.loads(line)
        if not isinstance(entry["masks"], list):
            raise TypeError("masks is no list")
        str(entry["uid"])
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(
            f'{path}, line {number}: expected {{"uid": ..., "masks": [...]}} ({type(error).__name__}: {error}). '
            f"Write the line again."
        ) from error
    return entry
