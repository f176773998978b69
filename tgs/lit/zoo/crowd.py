"""Sticker scenes for training detector and segmenter: the benchmark's own kind, and fuller ones.

More objects on a frame teach more per step, and other sizes and places than the benchmark's make the models
robust. Only what is drawn matters here: nobody sounds.
"""

from __future__ import annotations

import numpy as np

from tgs.stickers.categories import CATEGORIES, COLOURS
from tgs.stickers.sample import sample_scene
from tgs.stickers.scene import N_FRAMES, Scene, Sticker

GRIDS = ((2, 4), (3, 5), (3, 6), (4, 7))
"""Rows and columns of a packed scene."""


def benchmark_frame(rng: np.random.Generator) -> tuple[Scene, int]:
    """A scene as the benchmark has them, of any of the categories, and the index of one of its frames."""
    scene = sample_scene(rng, "zoo_0_10000", categories=tuple(CATEGORIES))
    return scene, int(rng.integers(N_FRAMES))


def crowd(rng: np.random.Generator, *, least: int = 3, most: int = 7, twins: float = 0.5) -> Scene:
    """Stickers side by side with irregular gaps, sizes and heights; overlaps happen.

    Args:
        rng: the only source of randomness.
        least, most: how many stickers.
        twins: chance that one category stands there twice.
    """
    count = int(rng.integers(least, most + 1))
    names = [list(CATEGORIES)[i] for i in rng.choice(len(CATEGORIES), count, replace=False)]
    if rng.random() < twins:
        names[-1] = names[0]
    names = [names[i] for i in rng.permutation(count)]
    stickers = []
    for slot, name in enumerate(names):
        depth = rng.uniform(0.75, 1.25)
        height = CATEGORIES[name].height * depth * rng.uniform(0.7, 1.1) * min(1.0, (5 / count) ** 0.5)
        x = (slot + 0.5 + rng.uniform(-0.3, 0.3)) / count if rng.random() < 0.8 else rng.uniform(0.1, 0.9)
        y = rng.uniform(0.4 * height, 1 - 0.4 * height)
        stickers.append(sticker(rng, name, x=x, y=y, height=height, depth=depth, sway=6.0))
    return _scene(rng, stickers)


def packed(rng: np.random.Generator) -> Scene:
    """A grid full of small stickers, one to a cell: what the backbone learns names from."""
    rows, columns = GRIDS[rng.integers(len(GRIDS))]
    names = list(CATEGORIES)
    stickers = []
    for cell in range(rows * columns):
        row, column = divmod(cell, columns)
        height = min(1 / rows, 16 / 9 / columns) * rng.uniform(0.75, 1.15)
        x = (column + 0.5 + rng.uniform(-0.12, 0.12)) / columns
        y = (row + 0.5 + rng.uniform(-0.12, 0.12)) / rows
        name = names[rng.integers(len(names))]
        stickers.append(sticker(rng, name, x=x, y=y, height=height, depth=1 + cell / 100, sway=11.0))
    return _scene(rng, stickers)


def sticker(
    rng: np.random.Generator, name: str, *, x: float, y: float, height: float, depth: float, sway: float
) -> Sticker:
    """A silent sticker of the given category in any of its arts, a quarter of them tinted."""
    arts = [f"{family}/{point}" for family, points in CATEGORIES[name].art.items() for point in points]
    colours = list(COLOURS)
    return Sticker(
        category=name,
        art=arts[rng.integers(len(arts))],
        x=float(x),
        y=float(y),
        height=float(height),
        depth=float(depth),
        drift=0.0,
        flip=bool(rng.random() < 0.5),
        colour=colours[rng.integers(len(colours))] if rng.random() < 0.25 else "",
        sway_deg=float(rng.uniform(0, sway)),
        sway_phase=float(rng.uniform(0, 2 * np.pi)),
        sound=None,
    )


def _scene(rng: np.random.Generator, stickers: list[Sticker]) -> Scene:
    return Scene(
        vid="zoo_0_10000",
        stickers=tuple(stickers),
        background=int(rng.integers(2**31)),
        pan=tuple(rng.random(4).tolist()),  # type: ignore[arg-type]
        stereo=False,
        noise=0,
    )
