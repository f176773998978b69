"""Painted places: rooms with boards, landscapes, plain walls. Nothing on them looks like a category."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SPARE = 1.25
"""The canvas is this much larger than the frame, so that the camera can pan."""


def canvas(rng: np.random.Generator, width_px: int, height_px: int) -> NDArray[np.uint8]:
    """One background, uint8 RGB (H, W, 3). All randomness comes from `rng`."""
    import cv2

    horizon = int(height_px * rng.uniform(0.5, 0.72))
    wall, floor = _muted(rng.uniform(90, 235, 3)), _muted(rng.uniform(60, 190, 3))
    down = np.linspace(0, 1, height_px)[:, None]
    above = np.arange(height_px)[:, None] < horizon
    paint_HC = np.where(above, wall * (1 - 0.35 * down), floor * (0.75 + 0.4 * down)).astype(np.float32)
    light_HW = np.float32(0.78) + np.float32(0.44) * texture(rng, height_px, width_px)
    look = rng.integers(3)
    if look == 0:
        _boards(light_HW, horizon)
    elif look == 1:
        _stripes(light_HW, horizon, rng)
    # one plane at a time: much faster than numpy on a last axis of three
    planes = [cv2.convertScaleAbs(light_HW * paint_HC[:, c : c + 1]) for c in range(3)]
    return cv2.merge(planes).astype(np.uint8, copy=False)


def _muted(colour: NDArray[np.float64]) -> NDArray[np.float64]:
    """Half way to grey: the stickers shall be what is colourful."""
    return 0.5 * colour + 0.5 * colour.mean()


def texture(rng: np.random.Generator, height_px: int, width_px: int, octaves: int = 5) -> NDArray[np.float32]:
    """Fractal noise in [0, 1]: coarse blotches with ever finer ones on top."""
    import cv2

    total = np.zeros((height_px, width_px), np.float32)
    for octave in range(octaves):
        coarse = rng.standard_normal((3 * 2**octave, 3 * 2**octave), dtype=np.float32)
        total += cv2.resize(coarse, (width_px, height_px), interpolation=cv2.INTER_CUBIC) / np.float32(1.7**octave)
    return (total - total.min()) / (total.max() - total.min())


def _boards(light_HW: NDArray[np.float32], horizon: int) -> None:
    """Floor boards that run to a vanishing point."""
    height_px, width_px = light_HW.shape
    y = np.arange(horizon, height_px, dtype=np.float32)[:, None]
    board = np.floor((np.arange(width_px, dtype=np.float32) - width_px / 2) / (y - horizon + 12) * 6) % 2
    light_HW[horizon:] *= np.where(board > 0, np.float32(0.88), np.float32(1.06))


def _stripes(light_HW: NDArray[np.float32], horizon: int, rng: np.random.Generator) -> None:
    """Faint vertical wallpaper."""
    period = int(rng.integers(14, 40))
    stripe = (np.arange(light_HW.shape[1]) // period) % 2
    light_HW[:horizon] *= np.where(stripe > 0, np.float32(0.93), np.float32(1.04))
