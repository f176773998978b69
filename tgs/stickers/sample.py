"""What happens in a made clip: who stands where, in which art and colour, and who sounds when and how loud.

Everything random is decided here, with margins: places differ by more than a glance can mistake, sounds begin
and end on whole seconds, loudness has three steps. Nothing seen tells who sounds: sway, drift, depth and place
are drawn without looking at the sounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Literal

import numpy as np

from tgs.errors import ConfigError
from tgs.stickers.categories import CATEGORIES, COLOURS, SEEN
from tgs.stickers.scene import N_FRAMES, Level, Scene, Sounding, Sticker, Zone

TAKES = 12
"""Takes of each category's sound: the first three quarters are for training, the last quarter for the tests."""

_TRAIN_TAKES = TAKES * 3 // 4
_COUNTS = (2, 3, 3, 4, 4, 5)  # how many stickers, drawn evenly
_CROWD = {2: 1.15, 3: 1.05, 4: 0.95, 5: 0.85}
_JITTER = 0.035  # of the width, around a zone's centre; a zone is 0.2 wide
_DRIFT = 0.006  # widths per frame at most: 0.027 to either side, so that nobody ever leaves the zone
_MAX_HEIGHT_PER_GAP = 2.4  # times the gap to the next centre: about half of a covered sticker still shows
_PAIR_SHARE = 0.36  # of the scenes of three and more, so 30 % of all


def sample_scene(
    rng: np.random.Generator,
    vid: str,
    *,
    categories: Sequence[str] = SEEN,
    takes: Literal["train", "test"] = "train",
    require: Sequence[str] = (),
    stereo_share: float = 0.5,
) -> Scene:
    """Draw one clip.

    Args:
        rng: the only source of randomness: equal states give equal scenes.
        vid: name of the clip, `{name}_0_10000`.
        categories: who may appear; at least five.
        takes: whether training or test takes of the sounds are used; they are disjoint.
        require: if not empty, at least one sticker is of one of these categories.
        stereo_share: fraction of the clips whose sounds come from where they are seen.

    Returns:
        2 to 5 stickers in 2 to 5 different zones, 1 to 3 of them sounding. About three scenes in ten hold two of
        one category, never three. Such a pair never sounds: without stereo nothing could tell which of them does.

    Raises:
        ConfigError: an unknown category, or too few of them.
    """
    unknown = [name for name in (*categories, *require) if name not in CATEGORIES]
    if unknown or len(set(categories)) < 5 or takes not in ("train", "test"):
        raise ConfigError(
            f"sample_scene: at least 5 known categories and takes train or test are needed; got {len(set(categories))} "
            f"categories, unknown {unknown}, takes {takes!r}. Known: {', '.join(CATEGORIES)}."
        )
    names, pair = _cast(rng, list(categories), list(require))
    zones = sorted(rng.permutation(5)[: len(names)].tolist())
    silent = _place(rng, names, zones)
    stereo = bool(rng.random() < stereo_share)
    sounding = _choose_sounding(rng, [i for i, name in enumerate(names) if name != pair])
    tracks = dict(zip(sounding, _tracks(rng, len(sounding), takes), strict=True))
    stickers = tuple(replace(sticker, sound=tracks.get(i)) for i, sticker in enumerate(silent))
    return Scene(
        vid=vid,
        stickers=stickers,
        background=int(rng.integers(2**31)),
        pan=tuple(_fraction(value) for value in rng.random(4)),  # type: ignore[arg-type]
        stereo=stereo,
        noise=int(rng.integers(2**31)),
    )


def muted(scene: Scene) -> Scene:
    """The same picture with nobody sounding."""
    return replace(scene, stickers=tuple(replace(sticker, sound=None) for sticker in scene.stickers))


def _fraction(value: float) -> float:
    return round(float(value), 4)  # so that scene.json is short and the same on every machine


def _cast(rng: np.random.Generator, categories: list[str], require: list[str]) -> tuple[list[str], str]:
    """The categories from left to right, and the one that is there twice ("" if none is)."""
    count = _COUNTS[rng.integers(len(_COUNTS))]
    first = [require[rng.integers(len(require))]] if require else []
    others = [categories[i] for i in rng.permutation(len(categories)) if categories[i] not in first]
    names = (first + others)[:count]
    pair = ""
    if count >= 3 and rng.random() < _PAIR_SHARE:
        pair = names[rng.integers(count - 1)]
        names[-1] = pair
    return [names[i] for i in rng.permutation(count)], pair


def _place(rng: np.random.Generator, names: list[str], zones: list[int]) -> list[Sticker]:
    """Silent stickers, one to a zone."""
    xs = [_stand(zone, rng.uniform(-_JITTER, _JITTER)) for zone in zones]
    colours = list(COLOURS)
    stickers = []
    for i, (name, x) in enumerate(zip(names, xs, strict=True)):
        category = CATEGORIES[name]
        arts = [f"{family}/{point}" for family, points in category.art.items() for point in points]
        depth = rng.uniform(0.8, 1.2)
        gap = min([abs(x - other) for j, other in enumerate(xs) if j != i])
        height = min(category.height * depth * _CROWD[len(names)], _MAX_HEIGHT_PER_GAP * gap)
        ground = 0.62 + 0.28 * (depth - 0.8) / 0.4 - 0.3 * height  # nearer things stand lower
        y = rng.uniform(0.22, 0.4) if category.airborne else ground
        tinted = rng.random() < 0.25
        colour = colours[rng.integers(len(colours))]
        sways = rng.random() < 0.55
        stickers.append(
            Sticker(
                category=name,
                art=arts[rng.integers(len(arts))],
                x=_fraction(x),
                y=_fraction(y),
                height=_fraction(height),
                depth=_fraction(depth),
                drift=_fraction(rng.uniform(-_DRIFT, _DRIFT)),
                flip=bool(rng.random() < 0.5),
                colour=colour if tinted else "",
                sway_deg=_fraction(rng.uniform(4, 8)) if sways else 0.0,
                sway_phase=_fraction(rng.uniform(0, 2 * np.pi)),
                sound=None,
            )
        )
    return stickers


def _stand(zone: int, jitter: float) -> float:
    """A place in a zone; in the outer zones towards the middle, so that the frame's edge cuts little off."""
    inward = {0: abs(jitter), len(Zone) - 1: -abs(jitter)}.get(zone, jitter)
    return (zone + 0.5) / len(Zone) + inward


def _choose_sounding(rng: np.random.Generator, able: list[int]) -> list[int]:
    """Up to 3 of them, at least one, in random order."""
    count = min(len(able), 1 + int(rng.integers(3)))
    return [able[i] for i in rng.permutation(len(able))[:count]]


def _tracks(rng: np.random.Generator, count: int, takes: str) -> list[Sounding]:
    """When and how loud `count` sources sound, in random order of time: one after another, together, or overlapping."""
    times = _times(rng, count)
    levels = list(Level)
    order = rng.permutation(3) if count < 2 or rng.random() < 0.85 else rng.integers(3, size=3)
    low, high = (0, _TRAIN_TAKES) if takes == "train" else (_TRAIN_TAKES, TAKES)
    return [
        Sounding(start_s=start, end_s=end, level=levels[order[i]], take=int(rng.integers(low, high)))
        for i, (start, end) in enumerate(times)
    ]


def _times(rng: np.random.Generator, count: int) -> list[tuple[int, int]]:
    """Whole seconds (start, end), each at least two seconds long."""
    pattern = rng.random()
    if count == 1:
        if pattern < 0.5:
            return [(0, N_FRAMES)]
        start = int(rng.integers(0, 6))
        return [(start, int(rng.integers(start + 3, N_FRAMES + 1)))]
    if pattern < 0.25:
        return [(0, N_FRAMES)] * count  # together
    if pattern < 0.6:  # one after another: cuts at least 2 s apart, sometimes a second of rest between
        free = N_FRAMES - 2 * count
        spare = np.sort(rng.integers(0, free + 1, size=count - 1))
        cuts = [0, *(int(s) + 2 * (i + 1) for i, s in enumerate(spare)), N_FRAMES]
        return [(a, b - int(b - a >= 3 and rng.random() < 0.4)) for a, b in pairwise(cuts)]
    starts = np.sort(rng.permutation(7)[:count])  # overlapping: everybody starts at another second, by 6 at the latest
    if rng.random() < 0.5:
        starts[0] = 0
    return [(int(s), N_FRAMES if rng.random() < 0.4 else int(rng.integers(s + 2, N_FRAMES + 1))) for s in starts]
