"""What each clip of the benchmark is: its scene, what is heard with it, and the rows of the csv that ask about it.

A clip is planned from (seed, split, index) alone, so that clips can be made in any order and by any process.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from tgs.stickers.captions import chain
from tgs.stickers.categories import CATEGORIES, SEEN, UNSEEN
from tgs.stickers.r2 import r2_expressions
from tgs.stickers.references import Expression, choose, choose_null, expressions
from tgs.stickers.sample import muted, sample_scene
from tgs.stickers.scene import Scene
from tgs.stickers.settings import StickersSettings
from tgs.types import NULL_CATEGORY, Split

_LETTERS = {Split.train: "t", Split.val: "v", Split.test_s: "s", Split.test_u: "u", Split.test_n: "n"}
_TESTS = (Split.test_s, Split.test_u, Split.test_n)


class SoundSource(StrEnum):
    """Where a clip's sound comes from; its first letter stands in the folder's name of null clips."""

    own = "own"
    crossed = "crossed"  # another clip's, none of whose sounding categories is seen here
    muted = "muted"


_NULL_CYCLE = (SoundSource.crossed, SoundSource.muted, SoundSource.own)
"""Null clips take turns. Ref-AVSBench has crossed and muted ones; with their own sound they are harder."""


@dataclass(frozen=True)
class Row:
    """One reference of the csv.

    Attributes:
        uid: `{folder}_{category}_{n}`, n counting from 1 within the category.
        fid: index of the object in the scene, 0 for null rows.
        expression: the reference.
        r2: the R2 reference of the same object, None if there is none.
        output: the think-answer text.
    """

    uid: str
    fid: int
    expression: Expression
    r2: Expression | None
    output: str


@dataclass(frozen=True)
class FolderPlan:
    """One folder under media/.

    Attributes:
        vid: of the clip, without the prefix of null folders.
        folder: where media and masks lie.
        split: of its rows.
        scene: what is seen; in null clips that are crossed or muted nobody of it sounds.
        heard: what is heard: the scene itself, or another one.
        source: which of these it is.
        rows: at least one.
    """

    vid: str
    folder: str
    split: Split
    scene: Scene
    heard: Scene
    source: SoundSource
    rows: tuple[Row, ...]


def plan_clip(settings: StickersSettings, split: Split, index: int) -> list[FolderPlan]:
    """The folders of one clip: itself, or a null folder, or both.

    Args:
        settings: of the benchmark.
        split: of the clip.
        index: number of the clip in its split, from 0.
    """
    rng = np.random.default_rng((settings.seed, list(Split).index(split), index))
    vid = f"stk{_LETTERS[split]}{index:05d}_0_10000"
    scene = sample_scene(
        rng,
        vid,
        categories=tuple(CATEGORIES) if split is Split.test_u else SEEN,
        takes="test" if split in _TESTS else "train",
        require=UNSEEN if split is Split.test_u else (),
        stereo_share=settings.stereo_share,
    )
    least, most = settings.references
    count = int(rng.integers(least, most + 1))
    if split is Split.test_n:
        return [_null_folder(settings, split, index, scene, rng, count)]
    folders = [_clip_folder(settings, split, scene, rng, count)]
    if split in (Split.train, Split.val) and settings.null_every and index % settings.null_every == 0:
        turn = index // settings.null_every
        folders.append(_null_folder(settings, split, turn, scene, rng, settings.null_references))
    return folders


def _clip_folder(
    settings: StickersSettings, split: Split, scene: Scene, rng: np.random.Generator, count: int
) -> FolderPlan:
    share = settings.held_out_share if split in _TESTS else 0.0
    candidates = expressions(scene, rng, held_out_share=share, absent=SEEN)
    if split is Split.test_u:
        unseen = {i for i, sticker in enumerate(scene.stickers) if sticker.category in UNSEEN}
        candidates = [e for e in candidates if e.target in unseen]
    chosen = choose(candidates, rng, count)
    riddles: list[Expression | None] = [None] * len(chosen)
    if settings.r2 and split in (Split.test_s, Split.test_u):
        riddles = _riddles(scene, chosen, rng, share)
    rows = []
    numbers: dict[str, int] = {}
    for expression, riddle in zip(chosen, riddles, strict=True):
        fid = expression.target if expression.target is not None else 0
        category = scene.stickers[fid].category
        numbers[category] = numbers.get(category, 0) + 1
        uid = f"{scene.vid}_{category}_{numbers[category]}"
        rows.append(Row(uid, fid, expression, riddle, chain(scene, expression)))
    return FolderPlan(scene.vid, scene.vid, split, scene, scene, SoundSource.own, tuple(rows))


def _riddles(scene: Scene, chosen: list[Expression], rng: np.random.Generator, share: float) -> list[Expression | None]:
    """An R2 reference to the target of each chosen one, no type twice in a clip; None where they run out."""
    left = r2_expressions(scene, rng, held_out_share=share)
    riddles: list[Expression | None] = []
    for expression in chosen:
        fitting = [e for e in left if e.target == expression.target]
        types = sorted({e.type for e in fitting})
        if not types:
            riddles.append(None)
            continue
        name = types[rng.integers(len(types))]
        of_type = [e for e in fitting if e.type == name]
        riddles.append(of_type[rng.integers(len(of_type))])
        left = [e for e in left if e.type != name]
    return riddles


def _null_folder(
    settings: StickersSettings, split: Split, turn: int, scene: Scene, rng: np.random.Generator, count: int
) -> FolderPlan:
    source = _NULL_CYCLE[turn % len(_NULL_CYCLE)]
    heard = {SoundSource.own: scene, SoundSource.muted: muted(scene)}.get(source) or _crossed(split, scene, rng)
    share = settings.held_out_share if split in _TESTS else 0.0
    told = scene if source is SoundSource.own else muted(scene)
    chosen = choose_null(expressions(told, rng, held_out_share=share, absent=SEEN), rng, count)
    folder = f"null_{source[0]}-{scene.vid}"
    rows = tuple(
        Row(f"{folder}_{NULL_CATEGORY}_{n}", 0, e, None, chain(told, e, heard=heard)) for n, e in enumerate(chosen, 1)
    )
    return FolderPlan(scene.vid, folder, split, told, heard, source, rows)


def _crossed(split: Split, scene: Scene, rng: np.random.Generator) -> Scene:
    """A scene to hear with the clip, none of whose categories is seen there."""
    there = {sticker.category for sticker in scene.stickers}
    absent = [name for name in SEEN if name not in there]
    takes = "test" if split in _TESTS else "train"
    return sample_scene(rng, scene.vid, categories=absent, takes=takes, stereo_share=float(scene.stereo))
