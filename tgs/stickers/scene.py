"""The ground truth of one made clip: what stands where, what it looks like, what sounds when, how loud.

A `Scene` is plain data: `render.py` turns it into frames and masks, `mix.py` into sound, `references.py`
into expressions, `captions.py` into text. Everything random is decided when the scene is sampled, so that
all of them are pure functions of it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum

N_FRAMES = 10
"""Frames, and seconds, of a clip. Source: Ref-AVSBench, 1 fps over 10 s."""


class Level(StrEnum):
    """How loud a source is, relative to the loudest of the benchmark."""

    soft = "soft"
    medium = "medium"
    loud = "loud"


class Zone(StrEnum):
    """Fifths of the frame's width, in reading order."""

    far_left = "far-left"
    left = "left"
    center = "center"  # pyright: ignore[reportAssignmentType]  # also a method of str, which nobody calls here
    right = "right"
    far_right = "far-right"


@dataclass(frozen=True)
class Sounding:
    """When and how an object sounds: seconds in [0, 10], whole seconds, end exclusive."""

    start_s: int
    end_s: int
    level: Level
    take: int
    """Which take of the category's sound: see `sounds.py`; test takes are never used in training."""


@dataclass(frozen=True)
class Sticker:
    """One drawn object.

    Attributes:
        category: a name of `categories.CATEGORIES`.
        art: "family/codepoint", e.g. "twemoji/1f3b8".
        x, y: centre at mid-clip, fractions of the frame's width and height.
        height: fraction of the frame's height, its depth already applied.
        depth: painter's order; larger is nearer and drawn later.
        drift: movement in widths per frame.
        flip: mirrored left to right.
        colour: a name of `categories.COLOURS` if the art was tinted, else "".
        sway_deg: rocking amplitude in degrees, 0 stands still. Independent of sound, so that it tells nothing.
        sway_phase: radians.
        sound: None if it is silent all the time.
    """

    category: str
    art: str
    x: float
    y: float
    height: float
    depth: float
    drift: float
    flip: bool
    colour: str
    sway_deg: float
    sway_phase: float
    sound: Sounding | None

    @property
    def zone(self) -> Zone:
        """Where it stands at mid-clip."""
        return list(Zone)[min(4, max(0, int(self.x * 5)))]


@dataclass(frozen=True)
class Scene:
    """One clip's ground truth.

    Attributes:
        vid: name of the clip, without `_` at its end, `{name}_0_10000`.
        stickers: 2 to 5 objects, from left to right at mid-clip.
        background: seed of the painted background.
        pan: camera path over the background, (x0, y0, x1, y1) fractions of the spare canvas.
        stereo: whether sounds are panned to where they are seen; mono clips give no place away.
        noise: seed of the background noise of the sound.
    """

    vid: str
    stickers: tuple[Sticker, ...]
    background: int
    pan: tuple[float, float, float, float]
    stereo: bool
    noise: int

    def as_json(self) -> dict:
        """Plain dict for scene.json."""
        return asdict(self)
