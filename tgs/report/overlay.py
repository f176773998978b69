"""Picture strips: frames with their boxes, the same with their masks, and what was asked, thought and said."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

PREDICTED, TRUE = (255, 60, 60), (60, 220, 90)
SHOWN = (0, 3, 6, 9)
"""Frames of the clip on a strip."""


@dataclass(frozen=True)
class Strip:
    """What one picture shows.

    Attributes:
        frames_NHWC: uint8 RGB.
        boxes: per frame, (K, 4) xyxy pixels.
        binary_NHW: predicted masks.
        truth_NHW: true masks, drawn as an outline.
        lines: text under the frames.
    """

    frames_NHWC: NDArray[np.uint8]
    boxes: Sequence[NDArray[np.float32]]
    binary_NHW: NDArray[np.bool_]
    truth_NHW: NDArray[np.bool_]
    lines: Sequence[str]


def draw(strip: Strip) -> Image.Image:
    """The strip as a picture: boxes in red; under them predicted masks in red, outlines of the true ones in green."""
    shown = [index for index in SHOWN if index < len(strip.frames_NHWC)]
    tiles = Image.fromarray(np.vstack([np.hstack([row(strip, index) for index in shown]) for row in (_boxed, _masked)]))
    width, height = tiles.size
    font = ImageFont.load_default(13)
    wrapped = [part for line in strip.lines for part in textwrap.wrap(line, width // 7) or [""]]
    picture = Image.new("RGB", (width, height + 18 * len(wrapped) + 8), "white")
    picture.paste(tiles)
    pen = ImageDraw.Draw(picture)
    for index, line in enumerate(wrapped):
        pen.text((6, height + 4 + 18 * index), line, fill="black", font=font)
    return picture


def save(strip: Strip, path: Path) -> None:
    """Draw and write as JPEG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draw(strip).save(path, quality=90)


def _boxed(strip: Strip, index: int) -> NDArray[np.uint8]:
    tile = Image.fromarray(strip.frames_NHWC[index])
    pen = ImageDraw.Draw(tile)
    for x0, y0, x1, y1 in strip.boxes[index].tolist():
        pen.rectangle((min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)), outline=PREDICTED, width=2)
    return np.asarray(tile)


def _masked(strip: Strip, index: int) -> NDArray[np.uint8]:
    pixels = strip.frames_NHWC[index].astype(np.float32)
    pixels[strip.binary_NHW[index]] *= 0.5
    pixels[strip.binary_NHW[index]] += 0.5 * np.array(PREDICTED, np.float32)
    pixels[_outline(strip.truth_NHW[index])] = TRUE
    return pixels.astype(np.uint8)


def _outline(mask_HW: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Pixels of the mask with a neighbour outside it."""
    padded = np.pad(mask_HW, 1)
    inside = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    return mask_HW & ~inside
