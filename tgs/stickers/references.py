"""References to the objects of a scene: every one fits exactly one sticker, or, if it is a null one, nobody."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from tgs.stickers.categories import CATEGORIES, COLOURS
from tgs.stickers.facts import fits
from tgs.stickers.heard_wording import AUDIOVISUAL, SOUND
from tgs.stickers.order_wording import ORDER
from tgs.stickers.scene import Level, Scene, Zone
from tgs.stickers.seen_wording import ATTRIBUTE, NAMED, PAIR, POSITION
from tgs.stickers.statements import Query, View
from tgs.stickers.wording import PLACES, Kind, Wording

WORDINGS: dict[str, Wording] = POSITION | ATTRIBUTE | NAMED | PAIR | SOUND | ORDER | AUDIOVISUAL
"""The words of every type of statement that a reference can make."""

KIND_WEIGHTS = {
    Kind.position: 1.0,
    Kind.attribute: 0.6,
    Kind.sound: 1.6,
    Kind.audiovisual: 1.2,
    Kind.order: 1.4,
    Kind.pair: 1.0,
    Kind.named: 1.0,
}
"""How often each kind is chosen where a clip has references of it."""

NULL_WEIGHTS = KIND_WEIGHTS | {Kind.attribute: 0.4, Kind.pair: 0.25, Kind.order: 0.8}
"""The same for the words that null references borrow: less of what few clips have references of that fit, so that
the frequency of a wording does not give nulls away."""

_PLACES: dict[str, str] = {**PLACES}
_LONE = [name for name, words in WORDINGS.items() if "{0}" not in "".join(words.train)]
_ANCHORED = (
    *("left_of", "right_of", "sounding_left_of", "sounding_right_of", "silent_left_of", "silent_right_of"),
    *("after", "before", "during", "louder_than", "softer_than", "named", "named_sounding", "named_silent"),
)


@dataclass(frozen=True)
class Expression:
    """One reference.

    Attributes:
        text: as written in the csv: capital first letter and final full stop, mostly.
        kind: a `Kind`: position, attribute, sound, audiovisual, order, pair, named, null, r2.
        type: the statement it makes, a key of `WORDINGS`; "head.statement" for r2.
        target: index of the only sticker it fits; None if it fits nobody.
        relates: the statement in few words, as the reasoning restates it; it does not tell whom it fits.
        args: the words of the statement: categories, colours, zones, levels.
        held_out: whether it is worded in a way that phase 2 never shows.
    """

    text: str
    kind: str
    type: str
    target: int | None
    relates: str
    args: tuple[str, ...] = ()
    held_out: bool = False


def expressions(
    scene: Scene, rng: np.random.Generator, *, held_out_share: float = 0.0, absent: Sequence[str] = tuple(CATEGORIES)
) -> list[Expression]:
    """Every reference that the scene allows, one wording each.

    Args:
        scene: what is there; `sample.muted(scene)` gives the references of a clip whose sound does not belong to it.
        rng: draws the wordings, and the absent categories that null references name.
        held_out_share: fraction of the references worded as phase 2 never shows; 0 for training.
        absent: categories that null references may name; those that are there are left out.

    Returns:
        References with a target, and null ones, in a fixed order of their types.
    """
    view = View(scene)
    found = []
    for query in queries(scene, rng, absent):
        fit = fits(view, query)
        if fit.target is None and not fit.is_nobody:
            continue
        held_out = bool(held_out_share > 0 and rng.random() < held_out_share)
        found.append(_express(view, query, fit.target, rng, held_out))
    return found


def choose(
    candidates: Sequence[Expression], rng: np.random.Generator, count: int, *, weights: dict[Kind, float] = KIND_WEIGHTS
) -> list[Expression]:
    """Draw up to `count` references with a target, no type twice: first the kind, by weight, then one of that kind."""
    left = [e for e in candidates if e.kind in weights]
    chosen: list[Expression] = []
    while left and len(chosen) < count:
        kinds = sorted({e.kind for e in left})
        shares = np.cumsum([weights[Kind(kind)] for kind in kinds])
        kind = kinds[int(np.searchsorted(shares, rng.random() * shares[-1], side="right"))]
        pick = _draw([e for e in left if e.kind == kind], rng)
        chosen.append(pick)
        left = [e for e in left if e.type != pick.type]
    return chosen


def choose_null(candidates: Sequence[Expression], rng: np.random.Generator, count: int) -> list[Expression]:
    """Draw up to `count` references that fit nobody, no type twice, spread over the kinds whose words they borrow."""
    borrowed = [(WORDINGS[e.type].kind, e) for e in candidates if e.target is None]
    chosen: list[Expression] = []
    while borrowed and len(chosen) < count:
        kinds = sorted({kind for kind, _ in borrowed})
        shares = np.cumsum([NULL_WEIGHTS[kind] for kind in kinds])
        kind = kinds[int(np.searchsorted(shares, rng.random() * shares[-1], side="right"))]
        pick = _draw([e for k, e in borrowed if k == kind], rng)
        chosen.append(pick)
        borrowed = [(k, e) for k, e in borrowed if e.type != pick.type]
    return chosen


def _draw(same_kind: list[Expression], rng: np.random.Generator) -> Expression:
    """A type first, so that types with many words to name are not drawn more often."""
    types = sorted({e.type for e in same_kind})
    name = types[rng.integers(len(types))]
    of_type = [e for e in same_kind if e.type == name]
    return of_type[rng.integers(len(of_type))]


def queries(scene: Scene, rng: np.random.Generator, absent: Sequence[str]) -> Iterator[Query]:
    """The statements worth trying on a scene: all that name what is there, and a few that name what is not."""
    order = [s.category for s in scene.stickers]
    there = list(dict.fromkeys(order))
    away = [name for name in absent if name not in there]
    yield from (Query(name) for name in _LONE)
    for name in _ANCHORED:
        yield from (Query(name, (category,)) for category in (*there, _one(away, rng)))
    yield from (Query("between", pair) for pair in zip(order[:-2], order[2:], strict=True) if pair[0] != pair[1])
    near = int(rng.integers(len(order) - 1))
    if order[near] != order[near + 1]:
        yield Query("between", (order[near], order[near + 1]))
    yield from (Query("level", (level,)) for level in Level)
    yield from (Query("colour", (colour,)) for colour in COLOURS)
    yield from _named_queries(scene, [*there, _one(away, rng)], rng)
    twins = [category for category in there if order.count(category) == 2]
    for category in (*twins, _one(away, rng)):
        yield from (Query(name, (category,)) for name in ("pair_left", "pair_right"))
        yield from (Query("pair_beside", (category, other)) for other in there if other != category)


def _named_queries(scene: Scene, categories: Iterable[str], rng: np.random.Generator) -> Iterator[Query]:
    """Named ones with their true colours, levels and zones, and with one random one each."""
    for category in categories:
        stickers = [s for s in scene.stickers if s.category == category]
        colours = {s.colour for s in stickers if s.colour} | {_one(COLOURS, rng)}
        yield from (Query("named_colour", (colour, category)) for colour in sorted(colours))
        levels = {s.sound.level for s in stickers if s.sound} | {_one(Level, rng)}
        yield from (Query("named_level", (category, level)) for level in sorted(levels))
        zones = {s.zone for s in stickers} | {_one(Zone, rng)}
        yield from (Query("named_zone", (category, zone)) for zone in sorted(zones))


def _one(values: Iterable[str], rng: np.random.Generator) -> str:
    listed = values if isinstance(values, list) else list(values)
    return listed[rng.integers(len(listed))]


def _express(view: View, query: Query, target: int | None, rng: np.random.Generator, held_out: bool) -> Expression:
    words = WORDINGS[query.type]
    texts = words.held_out if held_out else words.train
    args = [_PLACES.get(arg, arg) for arg in query.args]
    kind = words.kind
    if target is None:
        kind = Kind.null
    elif view.categories[target] in query.args and len(view.of(view.categories[target])) > 1:
        kind = Kind.pair
    text = styled(texts[rng.integers(len(texts))].format(*args), rng)
    spoken = tuple(str(arg) for arg in query.args)
    return Expression(text, kind, query.type, target, words.relates.format(*args), spoken, held_out)


def styled(text: str, rng: np.random.Generator) -> str:
    """Ref-AVSBench's ways of writing: mostly a capital first letter and a final full stop, not always."""
    first = text[0] if rng.random() < 0.02 else text[0].upper()
    return first + text[1:] + ("" if rng.random() < 0.1 else ".")
