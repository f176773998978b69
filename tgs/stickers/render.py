"""From a scene to frames and masks: a painted background, then every sticker, from far to near."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from tgs.stickers.art import ArtBank
from tgs.stickers.backgrounds import SPARE, canvas
from tgs.stickers.scene import N_FRAMES, Scene, Sticker

WIDTH_PX, HEIGHT_PX = 320, 180
SWAY_PER_FRAME_RAD = 2.1
"""Rocking speed: not a divisor of a turn, so that ten frames show ten different poses."""
_WIDE = 0.8  # a sticker whose width times this exceeds its height is sized by its width


def render_frames(
    scene: Scene, art: ArtBank, width_px: int = WIDTH_PX, height_px: int = HEIGHT_PX
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """The whole clip.

    Returns:
        uint8 RGB (N, H, W, 3), and the visible part of each sticker, bool (K, N, H, W), in the scene's order.
    """
    frames, masks = zip(*(render_frame(scene, art, n, width_px, height_px) for n in range(N_FRAMES)), strict=True)
    return np.stack(frames), np.stack(masks, axis=1)


def render_frame(
    scene: Scene, art: ArtBank, index: int, width_px: int = WIDTH_PX, height_px: int = HEIGHT_PX
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """One frame.

    Args:
        scene: what to draw.
        art: where sprites come from.
        index: 0 to 9.

    Returns:
        uint8 RGB (H, W, 3), and the visible part of each sticker, bool (K, H, W), in the scene's order.
    """
    picture = _background(scene.background, scene.pan, index, width_px, height_px).copy()
    masks_KHW = np.zeros((len(scene.stickers), height_px, width_px), bool)
    for k in sorted(range(len(scene.stickers)), key=lambda k: scene.stickers[k].depth):
        mask_HW = _draw(picture, scene.stickers[k], art, index)
        masks_KHW &= ~mask_HW  # whoever was drawn before lies behind
        masks_KHW[k] = mask_HW
    return picture, masks_KHW


def pose(sticker: Sticker, index: int) -> tuple[float, float]:
    """Centre x as a fraction of the width, and lean in radians, at one frame."""
    lean = math.radians(sticker.sway_deg) * math.sin(SWAY_PER_FRAME_RAD * index + sticker.sway_phase)
    return sticker.x + sticker.drift * (index - (N_FRAMES - 1) / 2), lean


def _draw(picture: NDArray[np.uint8], sticker: Sticker, art: ArtBank, index: int) -> NDArray[np.bool_]:
    """Lay one sticker over the picture in place; returns its own mask."""
    import cv2

    height_px, width_px = picture.shape[:2]
    target_px = sticker.height * height_px
    full = art.sprite(sticker.art, sticker.colour)
    target_px *= full.shape[0] / max(full.shape[0], full.shape[1] * _WIDE)
    sprite = art.sprite(sticker.art, sticker.colour, target_px)
    rows, columns = sprite.shape[:2]
    scale = target_px / rows
    x, lean = pose(sticker, index)
    turn = np.array([[math.cos(lean), -math.sin(lean)], [math.sin(lean), math.cos(lean)]]) * scale
    if sticker.flip:
        turn[:, 0] *= -1
    centre = np.array([x * width_px, sticker.y * height_px])
    reach = np.abs(turn) @ np.array([columns / 2, rows / 2]) + 1
    x0, y0 = np.maximum(np.floor(centre - reach), 0).astype(int)
    x1, y1 = np.minimum(np.ceil(centre + reach), (width_px, height_px)).astype(int)
    mask_HW = np.zeros((height_px, width_px), bool)
    if x1 <= x0 or y1 <= y0:
        return mask_HW
    # cv2 counts from the middle of the first pixel, we from its edge
    shift = centre - 0.5 - (x0, y0) - turn @ np.array([(columns - 1) / 2, (rows - 1) / 2])
    warp = np.column_stack([turn, shift]).astype(np.float32)
    layer = cv2.warpAffine(sprite, warp, (int(x1 - x0), int(y1 - y0)), flags=cv2.INTER_LINEAR)
    through = 1 - layer[..., 3:] / np.float32(255)
    region = picture[y0:y1, x0:x1]
    region[:] = np.minimum(region * through + layer[..., :3] + np.float32(0.5), 255)
    mask_HW[y0:y1, x0:x1] = layer[..., 3] > 127
    return mask_HW


@lru_cache(maxsize=8)  # a clip asks ten times for the same one
def _canvas(seed: int, width_px: int, height_px: int) -> NDArray[np.uint8]:
    return canvas(np.random.default_rng(seed), round(width_px * SPARE), round(height_px * SPARE))


def _background(seed: int, pan: Sequence[float], index: int, width_px: int, height_px: int) -> NDArray[np.uint8]:
    """The part of the canvas that the camera sees at one frame."""
    painted = _canvas(seed, width_px, height_px)
    along = index / (N_FRAMES - 1)
    x = round((pan[0] + (pan[2] - pan[0]) * along) * (painted.shape[1] - width_px))
    y = round((pan[1] + (pan[3] - pan[1]) * along) * (painted.shape[0] - height_px))
    return painted[y : y + height_px, x : x + width_px]
